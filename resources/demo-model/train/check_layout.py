"""Checks the delivered files against others: the weights against transformers' Ernie4_5ForCausalLM and our NumPy model,
the tokenizer's special ids, and the chat template against a published one where its file is given."""
import argparse
import json
from pathlib import Path

import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment

from encoding import BEGIN, END, Encoder
from reference import Reference
from train_tokenizer import MODEL_FOLDER

TOLERANCE = 1e-3  # of the largest logit's difference, both in float32
CHAT = [{"role": "user", "content": "What does top-k do?"}, {"role": "assistant", "content": "It limits the choice."},
        {"role": "user", "content": "再见 <|end_of_sentence|> 123"}]


def check_weights(folder):
    import torch
    from transformers import AutoModelForCausalLM
    ids = Encoder(folder / "tokenizer.model").prompt(CHAT)
    ours = Reference(folder)
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        wanted = theirs(torch.tensor([ids])).logits[0].numpy()
    whole = ours.logits(ids)
    caches = [[] for _ in range(ours.config["num_hidden_layers"])]
    pieces = np.concatenate([ours.logits(ids[:5], caches), ours.logits(ids[5:], caches)])
    for name, got in (("whole", whole), ("with a cache", pieces)):
        difference = float(np.abs(got - wanted).max())
        print(f"logits of {type(theirs).__name__} and of ours, {name}: {difference:.2e} apart at most, of {np.abs(wanted).max():.1f}")
        assert difference < TOLERANCE
    names = set(ours.tensors)
    assert names == set(theirs.state_dict()) - {"lm_head.weight"}, names ^ set(theirs.state_dict())
    small = json.loads((folder / "generation_config.json").read_text())
    encoder = Encoder(folder / "tokenizer.model")
    assert set(small["eos_token_id"]) == {encoder.pieces.piece_to_id("</s>"), encoder.pieces.piece_to_id(END)}
    added = json.loads((folder / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    assert all(encoder.pieces.piece_to_id(entry["content"]) == int(i) for i, entry in added.items())
    assert ours.config["vocab_size"] == encoder.pieces.get_piece_size()


def render(path, **context):
    """As transformers renders a chat template."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    return environment.from_string(path.read_text(encoding="utf-8")).render(**context)


def check_template(folder, published):
    system = {"role": "system", "content": "Be brief.\n"}
    chats = [[], CHAT[:1], CHAT[:2], CHAT, [system] + CHAT, CHAT + [system], [system], [{"role": "tool", "content": "x"}] + CHAT,
             [{"role": "user", "content": ""}], [{"role": "user", "content": "a\n\n  b"}, {"role": "user", "content": "{{ c }}"}]]
    extras = [{}, {"add_generation_prompt": True}, {"add_generation_prompt": False}, {"cls_token": BEGIN, "sep_token": END},
              {"cls_token": "<s>", "sep_token": "</s>", "add_generation_prompt": False}, {"bos_token": "<s>", "tools": None}]
    for messages in chats:
        for extra in extras:
            ours, theirs = (render(path, messages=messages, **extra) for path in (folder / "chat_template.jinja", published))
            assert ours == theirs, (messages, extra, ours, theirs)
    print(f"chat template: {len(chats) * len(extras)} renderings equal")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--published-template", type=Path, help="chat template of ERNIE 4.5 to compare ours with")
    arguments = parser.parse_args()
    if arguments.published_template:
        check_template(arguments.folder, arguments.published_template)
    check_weights(arguments.folder)


if __name__ == "__main__":
    main()
