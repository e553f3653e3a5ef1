#!/usr/bin/env python3
"""What the reference libraries make of texts and ids: checks the files under tests/fixtures/tokenizers.

    tokenizer_goldens.py check                      recompute every case, print each difference, exit 1 where there is one
    tokenizer_goldens.py encode TEXT [TEXT ...]     new cases for ernie_encode.json, as JSON
    tokenizer_goldens.py encode --family glm4 ...   new cases for glm4_encode.json

ERNIE has two references that must agree: tokenizers with tokenizer.json, and sentencepiece with tokenizer.model; GLM-4
has the first. Needs requirements.txt.
"""
import argparse
import codecs
import json
import pathlib
import sys

import sentencepiece
from tokenizers import Tokenizer

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "tokenizers"
FAMILIES = ("ernie", "glm4")

# The alphabet of byte-level vocabularies (GPT-2, encoder.py): bytes that print keep their character.
PRINTING = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTE_OF = {chr(b): b for b in PRINTING}
BYTE_OF.update({chr(0x100 + n): b for n, b in enumerate(b for b in range(256) if b not in PRINTING)})


class Reference:
    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        model = folder / "tokenizer.model"
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(model)) if model.exists() else None
        added = self.tokenizer.get_added_tokens_decoder()
        self.special = {i for i, token in added.items() if token.special}
        self.bytes_of = {}
        for piece, i in self.tokenizer.get_vocab().items():
            if i in added:
                self.bytes_of[i] = piece.encode()
            elif self.pieces is None:
                self.bytes_of[i] = bytes(BYTE_OF[character] for character in piece)
            elif len(piece) == 6 and piece.startswith("<0x"):
                self.bytes_of[i] = bytes([int(piece[3:5], 16)])
            else:
                self.bytes_of[i] = piece.replace("\u2581", " ").encode()

    def ids(self, text, special_is_text):
        self.tokenizer.encode_special_tokens = special_is_text
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def stream(self, ids, hidden=frozenset()):
        """What is shown after each id, and what is left at the end: an unfinished character waits, bytes that can never
        become one turn into U+FFFD, one for each maximal subpart."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        shown = [decoder.decode(b"" if i in hidden else self.bytes_of[i]) for i in ids]
        return shown, decoder.decode(b"", final=True)

    def encode_case(self, text):
        ids = self.ids(text, False)
        shown, tail = self.stream(ids)
        case = {"text": text, "ids": ids, "ids_plain": self.ids(text, True),
                "decoded": self.tokenizer.decode(ids, skip_special_tokens=False),
                "decoded_skip": self.tokenizer.decode(ids, skip_special_tokens=True),
                "stream": shown, "stream_tail": tail}
        if self.pieces:
            case["ids_sentencepiece"] = self.pieces.encode(text)
        return case

    def decode_case(self, ids):
        shown, tail = self.stream(ids)
        shown_skip, tail_skip = self.stream(ids, self.special)
        return {"ids": ids, "bytes_hex": b"".join(self.bytes_of[i] for i in ids).hex(), "stream": shown,
                "stream_tail": tail, "stream_skip": shown_skip, "stream_skip_tail": tail_skip}


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def differences(family, reference):
    """Each golden value that the reference does not give today, as (file, case, key)."""
    encode, decode, chat = (load(f"{family}_{kind}.json") for kind in ("encode", "decode", "chat"))
    pairs = [(f"{family}_encode.json", case, reference.encode_case(case["text"])) for case in encode["cases"]]
    pairs += [(f"{family}_decode.json", case, reference.decode_case(case["ids"])) for case in decode["cases"]]
    pairs += [(f"{family}_chat.json", case, {"ids": reference.ids(case["text"], False)}) for case in chat["cases"]]
    for case in encode["invalid_utf8"]:
        text = bytes.fromhex(case["bytes_hex"]).decode("utf-8", "replace")
        pairs.append((f"{family}_encode.json", case, {"ids": reference.ids(text, False)}))
    return [(file, case["name"], key) for file, case, now in pairs for key, value in now.items() if case[key] != value], len(pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("check", "encode"))
    parser.add_argument("--family", choices=FAMILIES, default="ernie")
    parser.add_argument("texts", nargs="*")
    arguments = parser.parse_args()
    if arguments.command == "encode":
        reference = Reference(FOLDER / arguments.family)
        print(json.dumps([reference.encode_case(text) for text in arguments.texts], ensure_ascii=False, indent=1))
        return 0
    found, count = [], 0
    for family in FAMILIES:
        more, checked = differences(family, Reference(FOLDER / family))
        found, count = found + more, count + checked
    for file, case, key in found:
        print(f"{file}: {case}: {key} differs")
    print(f"{count} cases, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
