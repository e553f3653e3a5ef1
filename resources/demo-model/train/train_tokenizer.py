"""Trains tokenizer.model on texts of the corpus and writes the tokenizer's and the model's small files.

SentencePiece BPE as ERNIE 4.5 has it: ids 0-2 <unk> <s> </s>, the digits as pieces of their own, 256 bytes, learnt pieces,
the special tokens last; no normalisation, no space put in front.
"""
import argparse
import io
import json
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as messages

from corpus import Corpus
from encoding import ASSISTANT, SPECIALS, USER

VOCABULARY = 3584
MODEL_FOLDER = Path(__file__).parents[1]
CONTEXT = 2048


def texts(seed, questions):
    """Every answer once, and as many different questions."""
    corpus = Corpus(seed)
    seen = {a for topic in corpus.topics for language in topic.answers.values() for a in language}
    seen |= {USER * 3, ASSISTANT * 3}
    while len(seen) < questions:
        seen |= {turn.question for turn in corpus.dialogue()[1]}
    return sorted(seen)


def train(seed, questions=60000):
    blob = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts(seed, questions)), model_writer=blob, model_type="bpe",
        vocab_size=VOCABULARY - len(SPECIALS), byte_fallback=True, character_coverage=0.998, normalization_rule_name="identity",
        add_dummy_prefix=False, remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
        max_sentencepiece_length=12, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, user_defined_symbols=list("0123456789"),
        num_threads=2, minloglevel=2)
    proto = messages.ModelProto.FromString(blob.getvalue())
    for token in SPECIALS:
        piece = proto.pieces.add()
        piece.piece, piece.score, piece.type = token, 0.0, messages.ModelProto.SentencePiece.CONTROL
    proto.trainer_spec.vocab_size = len(proto.pieces)
    assert len(proto.pieces) == VOCABULARY
    return proto


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_settings(folder, proto):
    """tokenizer_config.json, special_tokens_map.json and generation_config.json, in the published layout."""
    named = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<unk>",
             "cls_token": SPECIALS[0], "sep_token": SPECIALS[1], "mask_token": "<mask:1>"}
    more = {"additional_special_tokens": [f"<mask:{i}>" for i in range(4, 8)]}
    added = {str(i): {"content": p.piece, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
             for i, p in enumerate(proto.pieces) if i < 3 or p.piece in SPECIALS}
    write_json(folder / "special_tokens_map.json", more | named)
    write_json(folder / "tokenizer_config.json", {
        "added_tokens_decoder": added, "tokenizer_class": "LlamaTokenizer", "legacy": True, "add_bos_token": False,
        "add_eos_token": False, "add_prefix_space": False, "sp_model_kwargs": {}, "spaces_between_special_tokens": False,
        "use_default_system_prompt": False, "model_max_length": CONTEXT, "clean_up_tokenization_spaces": False} | named | more)
    end = next(i for i, p in enumerate(proto.pieces) if p.piece == SPECIALS[1])
    write_json(folder / "generation_config.json", {
        "bos_token_id": 1, "eos_token_id": [2, end], "pad_token_id": 0, "do_sample": True, "temperature": 0.3, "top_p": 0.8})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="where the model's files go")
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    proto = train(arguments.seed)
    (arguments.folder / "tokenizer.model").write_bytes(proto.SerializeToString())
    write_settings(arguments.folder, proto)
    print(f"{len(proto.pieces)} pieces, {(arguments.folder / 'tokenizer.model').stat().st_size} bytes")


if __name__ == "__main__":
    main()
