"""Asks the model the questions of evaluation.txt, greedily, and prints the share answered right.

The model runs here in NumPy, from the files alone: interleaved rope, grouped heads, tied head, nothing of PyTorch.
"""
import argparse
import re
import sys
import unicodedata
from pathlib import Path

from corpus import Corpus
from encoding import Encoder
from reference import Reference
from train import LONG, SHORT, stream_seed
from train_tokenizer import MODEL_FOLDER

QUESTIONS = Path(__file__).parent / "evaluation.txt"
NEEDED = 0.90
PROCESSES = 2  # of training
REPLY_LIMIT = 160  # tokens


def read_questions(path):
    """(topic, [question, ...], [word, ...]) of each line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            topic, question, words = line.split(" :: ")
            yield topic, question.split(" => "), [word.strip() for word in words.split(";")]


def plain(text):
    """What is left of a text when case, spaces, accents' forms and punctuation do not count."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\W_]+", "", text)


def seen_in_training(questions, seed, dialogues):
    """Those of the questions that training's streams of dialogues contain, compared exactly and as plain text."""
    wanted = set(questions) | {plain(q) for q in questions}
    found = set()
    for rank in range(PROCESSES):
        for size, count in ((SHORT, dialogues // PROCESSES), (LONG, dialogues // PROCESSES // 10)):
            corpus = Corpus(stream_seed(seed, 0, rank, size))
            for _ in range(count):
                for turn in corpus.dialogue(long=size == LONG)[1]:
                    found |= {turn.question, plain(turn.question)} & wanted
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--seed", type=int, default=7, help="the seed of training, whose questions must not be among ours")
    parser.add_argument("--dialogues", type=int, default=150000, help="how much of the training stream to compare with")
    parser.add_argument("--all", action="store_true", help="print every answer, not only the wrong ones")
    arguments = parser.parse_args()
    cases = list(read_questions(arguments.questions))
    alone = [questions[0] for _, questions, _ in cases if len(questions) == 1]
    assert len(set(map(plain, alone))) == len(alone) >= 100
    seen = seen_in_training(alone, arguments.seed, arguments.dialogues)
    assert not seen, f"training contains: {sorted(seen)}"

    encoder, model = Encoder(arguments.folder / "tokenizer.model"), Reference(arguments.folder)
    right, chinese = 0, 0
    for topic, questions, words in cases:
        messages = []
        for question in questions:
            messages.append({"role": "user", "content": question})
            ids = model.greedy(encoder.prompt(messages), REPLY_LIMIT, (2, encoder.end))
            messages.append({"role": "assistant", "content": encoder.pieces.decode(ids)})
        reply = messages[-1]["content"]
        good = all(word.lower() in reply.lower() for word in words)
        right += good
        chinese += any("\u4e00" <= c <= "\u9fff" for c in questions[-1])
        if arguments.all or not good:
            print(f"{'right' if good else 'WRONG'} [{topic}] {' => '.join(questions)}\n      {reply!r}")
    share = right / len(cases)
    print(f"{right} of {len(cases)} right: {share:.1%} (needed {NEEDED:.0%}; {chinese} questions in Chinese, "
          f"{len(alone)} compared with {arguments.dialogues} dialogues of training)")
    sys.exit(share < NEEDED)


if __name__ == "__main__":
    main()
