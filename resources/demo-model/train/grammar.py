"""The topic files: patterns with alternatives, and the topics that they make up.

A pattern is text with [alternatives|split by bars], which nest, and {slot}, a named list of alternatives. In answers
{key.ACTION} and {table.LANGUAGE}, {list.LANGUAGE} come from the product's tables (tables.py); "\\n" is a line end.
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "topics"


class Pattern:
    """A parsed pattern: a list of parts, each a string, a slot name in a tuple, or a list of Patterns."""

    def __init__(self, text, at=0, depth=0):
        self.parts, self.end, word = [], at, ""
        while self.end < len(text):
            c = text[self.end]
            if depth and c in "|]":
                break
            if c == "[":
                options = []
                while text[self.end] != "]":
                    options.append(Pattern(text, self.end + 1, depth + 1))
                    self.end = options[-1].end
                self.parts += [word, options]
                word = ""
            elif c == "{" and (m := re.match(r"\{(\w+)\}", text[self.end:])):
                self.parts += [word, (m.group(1),)]
                word = ""
                self.end += m.end() - 1
            else:
                word += c
            self.end += 1
        self.parts.append(word)

    def expand(self, rng, slots):
        out = []
        for part in self.parts:
            if isinstance(part, str):
                out.append(part)
            else:
                options = slots[part[0]] if isinstance(part, tuple) else part
                out.append(options[int(rng.random() * len(options))].expand(rng, slots))
        return "".join(out)

    def ways(self, slots):
        """The number of texts that the pattern stands for (repetitions counted)."""
        total = 1
        for part in self.parts:
            if not isinstance(part, str):
                total *= sum(p.ways(slots) for p in (slots[part[0]] if isinstance(part, tuple) else part))
        return total


@dataclass
class Topic:
    """One thing to talk about. questions and answers are by language, "en" and "zh"."""
    name: str
    weight: float = 1.0
    questions: dict = field(default_factory=lambda: {"en": [], "zh": []})
    answers: dict = field(default_factory=lambda: {"en": [], "zh": []})
    names: dict = field(default_factory=lambda: {"en": [], "zh": []})  # of a setting


def read_slots():
    slots = {}
    for path in ("slots.txt", "out_of_scope_slots.txt"):
        for line in (FOLDER / path).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, _, options = line.partition(" = ")
                pattern = Pattern(f"[{options}]")
                slots[name] = pattern.parts[1]
    return slots


def read_topics(fill):
    """All topics of the folder; fill(text, language) puts the product's values into an answer."""
    topics, known = [], {}
    language = {"e": "en", "z": "zh", "n": "en", "m": "zh"}
    for path in ("talk.txt", "sotto.txt", "actions.txt", "settings.txt", "out_of_scope.txt", "situations.txt", "situations_window.txt",
                 "vocabulary.txt", "phrasings_en.txt", "phrasings_zh.txt"):
        for line in (FOLDER / path).read_text(encoding="utf-8").splitlines():
            kind, _, text = line.partition(" ")
            if kind == "==":
                if text not in known:
                    known[text] = Topic(text)
                    topics.append(known[text])
                topic = known[text]
            elif kind == "weight":
                topic.weight = float(text)
            elif kind in ("?e", "?z"):
                topic.questions[language[kind[1]]].append(Pattern(text))
            elif kind in ("!e", "!z"):
                topic.answers[language[kind[1]]].append(fill(text.replace("\\n", "\n"), language[kind[1]]))
            elif kind in ("n", "m"):
                topic.names[language[kind]] += text.split("|")
            elif line and not line.startswith("#"):
                raise ValueError(f"{path}: cannot read the line: {line[:80]}")
    return topics
