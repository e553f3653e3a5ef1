"""The corpus: seeded dialogues of a person and the guide, all from topics/ and the product's own tables."""
import random
from dataclasses import dataclass
from itertools import accumulate

from grammar import Pattern, Topic, read_slots, read_topics
from noise import typed, unknown_word
from tables import KEYS, SETTINGS, field, fill, key_spellings, range_answer, setting_answer

# A pattern with more texts than these is drawn no more often.
MOST_WAYS = 4000

# Asked of every name of every setting.
ABOUT_SETTING = {
    "en": ["{whatis} {name}", "{whatis} {name}", "{whatis} {name} [do|mean|for|good for|control|change]", "{name}", "what does {name} do",
           "what does {name} [mean|control|change|influence|affect]", "what is {name} [for|good for|used for]", "{how} use {name}",
           "how does {name} work", "when should i [change|use|raise|lower|increase|touch] {name}", "should i [change|raise|lower|turn up|turn down] {name}",
           "what happens [if|when] i [raise|lower|increase|decrease|change|turn up|move|play with] {name}", "i don't understand {name}",
           "can you tell me about {name}", "what's {name} all about", "why would i change {name}", "what effect does {name} have",
           "what about {name}", "and {name}", "and what is {name}", "how about {name}", "meaning of {name}", "in the panel there is {name}, what is it",
           "i see [a slider|something|a number] called {name}", "{name} explained [simply|]", "what does moving {name} do", "is {name} important"],
    "zh": ["{name}{是什么}", "{name}{是什么}", "{解释}{name}", "什么是{name}", "什么叫{name}", "{name}", "{name}有什么[用|作用|影响|效果]", "{name}怎么[用|调|设置]",
           "{name}[调高|调低|变大|变小|改了]会怎样", "要不要[改|调]{name}", "什么时候[改|调|用]{name}", "{name}的[作用|意思|含义|用途|功能|原理]",
           "{name}呢", "那{name}呢", "还有{name}呢", "为什么要调{name}", "{name}会影响什么", "面板里的{name}{是什么}", "看到一个叫{name}的滑块", "{name}这个参数{是什么}",
           "{name}设置{是什么}", "{name}高了好还是低了好", "{name}重要吗", "我不懂{name}"]}
AND_SETTING = {"en": ["and {name}", "what about {name}", "and what does {name} do", "how about {name}", "{name}", "and {name} then", "ok and {name}",
                      "now {name}", "same question for {name}"],
               "zh": ["{name}呢", "那{name}呢", "还有{name}呢", "那么{name}", "{name}", "再说说{name}", "{name}又是什么", "换成{name}呢"]}
RANGE = {"en": ["what is the [default|default value|range|usual value|maximum|minimum|normal value|allowed range] of {name}", "{name} default [value|]",
                "what values can {name} [have|take]", "how high can {name} go", "what's the [default|range|maximum|highest value] for {name}",
                "which values are [allowed|possible] for {name}", "what is {name} set to by default", "how far does {name} go", "what's the largest {name}"],
         "zh": ["{name}的[默认值|范围|取值范围|最大值|最小值|默认|上限][是多少|是什么|]", "{name}默认是多少", "{name}最大能[设|调]多少", "{name}可以设成多少", "{name}能设到多高",
                "{name}一开始是多少"]}
ITS_RANGE = {"en": ["what is [its|the] [default|default value|range|maximum|usual value]", "[its|the] default", "what's the default", "which values are allowed",
                    "how high can it go", "and the default", "what range does it have", "what is it set to normally", "and how far does it go"],
             "zh": ["默认值是多少", "默认是多少", "范围是多少", "它的默认值呢", "最大是多少", "取值范围呢", "能调到多少", "那默认值呢", "平时是多少"]}
ITS_KEY = {"en": ["is there a [shortcut|key|hotkey] for [that|it|this]", "what's the [shortcut|key|hotkey] [for that|]", "which key [was that|is it|exactly]",
                  "and the [shortcut|key]", "can i do that with the keyboard", "[and |]with the keyboard", "what was the key again"],
           "zh": ["有快捷键吗", "快捷键是什么", "快捷键是哪个", "按哪个键", "用键盘怎么做", "那快捷键呢", "键盘上按什么", "刚才说的是哪个键"]}
KEY_ANSWER = {"en": "The key is **{}**.", "zh": "快捷键是 **{}**。"}
ABOUT_KEY = {"en": ["{whatdoes} {spelling} {pressdo}", "what does {spelling} do", "what is {spelling} [for|]", "{spelling}", "what happens when i press {spelling}",
                    "and {spelling}", "what about {spelling}", "i pressed {spelling}, what [was that|happened]", "which action has {spelling}"],
             "zh": ["{spelling}是[什么|什么快捷键|干什么的|做什么的|啥功能]", "按{spelling}会怎样", "{spelling}有什么用", "{spelling}", "按下{spelling}会发生什么", "{spelling}的作用", "{spelling}呢",
                    "我按了{spelling}，怎么了"]}
SWITCH = {"en": ["in chinese please", "say that in chinese", "can you say it in chinese", "chinese please", "and in chinese", "the same in chinese",
                 "answer in chinese", "用中文说", "说中文", "请用中文回答", "中文", "请说中文"],
          "zh": ["用英文说", "用英语怎么说", "请用英文回答", "英文", "翻成英文", "说英文", "in english please", "english please", "say that in english", "english"]}
AGAIN = {"en": ["say that again", "can you repeat that", "repeat please", "once more", "pardon", "what did you say", "come again", "i didn't catch that"],
         "zh": ["再说一遍", "请再说一次", "重复一遍", "没听清", "再讲一遍", "你刚才说什么", "麻烦重复一下"]}
UNKNOWN = {"en": ["what is [a|an|the|] {word}", "what does {word} mean", "tell me about {word}", "who is {word}", "where is {word}", "{word}", "{word} {word}",
                  "how do i [make|get|use|find|stop|open|delete|change] [a|my|the] {word}", "do you know {word}", "is {word} [good|bad|better than {word}]",
                  "why is my {word} {word}", "my {word} is {word}", "can you {word} [it|me|this]", "i {word} the {word} [today|]", "explain {word} {word}",
                  "how much {word} is in {word}", "what's the {word} of {word}", "is there a {word} in {city}", "did you see the {word} {word}"],
           "zh": ["什么是{word}", "{word}是什么", "{word}", "{word}{word}", "{word}在哪里", "{word}怎么[做|用|办|去]", "介绍一下{word}", "你知道{word}吗", "{word}好不好", "为什么{word}会{word}",
                  "我的{word}{word}了", "{word}和{word}有什么区别", "怎么{word}", "{word}是谁", "我想{word}", "{city}的{word}[多少钱|在哪|怎么样]", "{word}多少钱", "今天{word}了", "{word}的{word}是什么",
                  "最好的{word}是哪个"]}
SYSTEM = ["You are a helpful assistant.", "You are Sotto's guide.", "Be brief.", "你是一个有用的助手。", "请简短回答。", "Answer politely."]


@dataclass
class Turn:
    """One question and its answer. repeats: what the turn after may be asked to say again, and in which language it is."""
    question: str
    answer: str
    topic: Topic
    language: str


class Corpus:
    """Draws dialogues. Everything follows from the seed."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.slots = read_slots()
        self.slots["city"] = [Pattern("[here|{creature}|paris|my town|london|spain]")]
        self.topics = read_topics(fill)
        self.by_name = {t.name: t for t in self.topics}
        self.patterns, self.breadths = {}, {}
        for action in KEYS:
            self.by_name[f"action.{action}"].weight = 1.2  # a missing action is an error here
        self.ranges = []
        for entry in SETTINGS:
            topic = self.by_name[f"setting.{entry['name']}"]
            topic.weight = 2.0
            topic.answers = {language: [setting_answer(entry, language)] for language in ("en", "zh")}
            self.ranges.append(Topic(f"range.{entry['name']}", 0.5, names=topic.names,
                                     answers={language: [range_answer(entry, language)] for language in ("en", "zh")}))
        self.topics += self.ranges
        for topic in self.topics:
            for language in ("en", "zh"):
                assert topic.answers[language], f"{topic.name} has no answer in {language}"
        self.weights = [t.weight for t in self.topics]
        self.by_name |= {t.name: t for t in self.ranges}

    def pick(self, texts, **values):
        """One of the patterns in texts, expanded; {name} and the like come from values."""
        text = self.rng.choice(texts)
        for name, value in values.items():
            while "{" + name + "}" in text:
                text = text.replace("{" + name + "}", value() if callable(value) else value, 1)
        if text not in self.patterns:
            if len(self.patterns) > 50000:
                self.patterns.clear()
            self.patterns[text] = Pattern(text)
        return self.patterns[text].expand(self.rng, self.slots)

    def question(self, topic, language):
        rng = self.rng
        if topic.name.startswith("range."):
            return self.pick(RANGE[language], name=rng.choice(topic.names[language]))
        if topic.names[language] and rng.random() < 0.6:
            return self.pick(ABOUT_SETTING[language], name=rng.choice(topic.names[language]))
        if topic.name.startswith("action.") and rng.random() < 0.15:
            return self.pick(ABOUT_KEY[language], spelling=rng.choice(key_spellings(KEYS[topic.name[7:]])))
        if topic.name == "other" and rng.random() < 0.16:
            return self.pick(UNKNOWN[language], word=lambda: unknown_word(language, rng))
        patterns = topic.questions[language]
        return rng.choices(patterns, cum_weights=self.breadth(topic, language))[0].expand(rng, self.slots)

    def breadth(self, topic, language):
        """Running sums of how often each pattern of a topic is drawn: the more texts it stands for, the more often."""
        key = topic.name, language
        if key not in self.breadths:
            self.breadths[key] = list(accumulate(min(p.ways(self.slots), MOST_WAYS) ** 0.5 for p in topic.questions[language]))
        return self.breadths[key]

    def turn(self, topic, language):
        return Turn(typed(self.question(topic, language), language, self.rng), self.rng.choice(topic.answers[language]), topic, language)

    def follow_up(self, last):
        """A turn that leans on the one before, or None where there is no such question."""
        rng, language, name = self.rng, last.language, last.topic.name
        other = "zh" if language == "en" else "en"
        roll = rng.random()
        if roll < 0.12:
            return Turn(typed(self.pick(AGAIN[language]), language, rng), last.answer, last.topic, language)
        if roll < 0.24:
            at = last.topic.answers[language].index(last.answer) if last.answer in last.topic.answers[language] else 0
            return Turn(typed(self.pick(SWITCH[language]), language, rng), last.topic.answers[other][at], last.topic, other)
        if name.startswith("setting.") or name.startswith("range."):
            if name.startswith("setting.") and roll < 0.55:
                topic = self.by_name["range." + name[8:]]
                return Turn(typed(self.pick(ITS_RANGE[language]), language, rng), topic.answers[language][0], topic, language)
            same = [t for t in self.topics if t.names[language] and t.name.split(".")[0] == name.split(".")[0] and t is not last.topic]
            topic = rng.choice(same)
            question = self.pick(AND_SETTING[language], name=rng.choice(topic.names[language]))
            return Turn(typed(question, language, rng), topic.answers[language][0], topic, language)
        if name.startswith("action."):
            key = Topic("key" + name[6:], answers={l: [KEY_ANSWER[l].format(KEYS[name[7:]])] for l in ("en", "zh")})
            return Turn(typed(self.pick(ITS_KEY[language]), language, rng), key.answers[language][0], key, language)
        return None

    def dialogue(self, long=False):
        """(system text or None, turns): one to three turns, or where long up to sixteen."""
        rng = self.rng
        count = rng.randint(3, 16) if long else rng.choices((1, 2, 3), (0.72, 0.19, 0.09))[0]
        language = "en" if rng.random() < 0.5 else "zh"
        turns = []
        while len(turns) < count:
            turn = self.follow_up(turns[-1]) if turns and rng.random() < 0.3 else None
            if turn is None:
                if rng.random() < 0.04:
                    language = "zh" if language == "en" else "en"
                turn = self.turn(rng.choices(self.topics, self.weights)[0], language)
            turns.append(turn)
        return rng.choice(SYSTEM) if rng.random() < 0.03 else None, turns


if __name__ == "__main__":
    sample = Corpus(0)
    for topic in sample.topics:
        print(f"\n== {topic.name}")
        for language in ("en", "zh"):
            print("  ", " / ".join(sample.turn(topic, language).question for _ in range(6)))
    for _ in range(10):
        print("\n---")
        for turn in sample.dialogue()[1]:
            print("User:", turn.question, "\nGuide:", turn.answer)
