"""What people do to a question when they type it: politeness, case, punctuation, slips of the finger."""

BEFORE = {
    "en": ["hi, ", "hello, ", "hey, ", "hey sotto, ", "please ", "please, ", "sorry, ", "excuse me, ", "quick question: ", "um, ", "so ", "so, ",
           "ok, ", "ok so ", "and ", "but ", "well, ", "now, ", "i wonder, ", "i'd like to know, ", "just curious, ", "one question: ",
           "can you tell me, ", "could you tell me, ", "do you know, ", "dear guide, ", "hello! ", "hi! ", "actually, ", "oh and ", "btw ",
           "by the way, ", "another question: ", "thanks. ", "great, ", "tell me, ", "sorry to bother you, ", "i'm new here, ", "one more thing: ",
           "i was wondering, ", "question: ", "listen, ", "alright, ", "yes, but ", "i have a question. ", "hmm, ", "then ", "also, "],
    "zh": ["请问", "请问，", "你好，", "您好，", "麻烦问一下，", "问一下，", "想问一下，", "我想知道", "我想问", "那个，", "嗯，", "那", "那么", "还有，", "另外，",
           "顺便问一下，", "不好意思，", "打扰一下，", "再问一个，", "好的，", "谢谢，", "你知道", "能告诉我", "告诉我", "说一下", "对了，", "话说", "我是新手，",
           "请教一下，", "请", "在 Sotto 里", "在这个软件里", "但是", "哎，", "所以", "想请教，", "这里", "老师，", "求助，", "诶，"]}
AFTER = {
    "en": [" please", ", please", " mate", " my friend", ", if i may ask", ", you know", "? just asking", ", i wonder", " then", " though", " quickly", " thanks", ", thanks", "? thanks", " thank you", " in sotto", " here", " in this app", " exactly", " again",
           " for me", " pls", "? i'm new", " right now", ", i forgot", " by the way", "? i can't find it", ", do you know", " in this program"],
    "zh": ["呢", "啊", "呀", "哪", "不", "没", "哈", "哟", "呗", "吧", "？谢谢", "，谢谢", "，请告诉我", "来着", "的", "，我忘了", "，我找不到", "，麻烦了", "？急", "，拜托", "嘛", "，多谢", "，我是新手"]}
ASIDE = {  # sentences that have nothing to do with the question
    "en": ["it's late here", "i'm at work", "my friend uses it too", "i'm on the train", "my brother showed me this", "i only have a minute", "i like it so far",
           "i've never done this before", "it's monday", "my english is not so good", "i'm writing a book", "i'm a student", "i'm a nurse", "we are a small company",
           "i was reading the manual", "i am not good with computers", "i have been trying for an hour", "this is my new laptop", "my colleague asked me",
           "i'm quite old", "the kids are asleep", "something strange happened", "i've looked everywhere", "i'm not sure about this", "it's for my school",
           "yesterday it still worked", "i'm a bit confused", "it's my first day", "my daughter set this up", "sorry for so many questions"],
    "zh": ["我在上班", "我是学生", "现在很晚了", "我朋友也在用", "我不太懂电脑", "我在火车上", "我试了半天", "到处都找了", "我刚买的电脑", "今天星期一", "我年纪大了", "是同事推荐的",
           "我在写一本书", "我是护士", "孩子睡了", "有点奇怪", "我有点糊涂", "昨天还好好的", "我们是小公司", "我看了说明", "我只有一分钟", "第一次弄", "女儿帮我装的", "问题有点多，别介意",
           "我英文不好", "我想学习一下", "老师让我用的", "挺好用的", "我比较急", "随便问问"]}
NEAR = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "k": "jl", "l": "k", "m": "n", "n": "bm",
        "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "y": "tu"}


def slip(word, rng):
    """One slip in a word of letters: two letters swapped, one left out, doubled, or a neighbour key hit."""
    at = 1 + int(rng.random() * (len(word) - 2))
    kind = rng.random()
    if kind < 0.3:
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    if kind < 0.6:
        return word[:at] + word[at + 1:]
    if kind < 0.75:
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice(NEAR.get(word[at].lower(), word[at])) + word[at + 1:]


def typed(text, language, rng):
    """The question as somebody might type it."""
    if rng.random() < 0.06:
        # A word that nobody knows must not hide what the rest of a long question is about.
        if language == "en" and len(words := text.split(" ")) > 5:
            words[int(rng.random() * len(words))] = unknown_word(language, rng)
            text = " ".join(words)
        elif language == "zh" and len(text) > 8:
            at = int(rng.random() * (len(text) - 1))
            text = text[:at] + unknown_word(language, rng) + text[at + rng.choice((0, 1, 2)):]
    roll = rng.random()
    if roll < 0.04:
        text = rng.choice(ASIDE[language]) + rng.choice({"en": (". ", ", ", "; ", " and "), "zh": ("，", "。")}[language]) + text
    elif roll < 0.24:
        text = rng.choice(BEFORE[language]) + text
    if rng.random() < 0.10:
        text += rng.choice(AFTER[language])
    if language == "en":
        words = text.split(" ")
        if len(words) > 4 and rng.random() < 0.06:
            del words[int(rng.random() * len(words))]
        long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
        if long and rng.random() < 0.12:
            i = rng.choice(long)
            words[i] = slip(words[i], rng)
        text = " ".join(words)
        style = rng.random()
        if style < 0.55:
            text = text[:1].upper() + text[1:]
            text = text.replace(" i ", " I ").replace(" i'", " I'").replace("sotto", "Sotto")
        elif style < 0.58:
            text = text.upper()
        if rng.random() < 0.15:
            text = text.replace("'", rng.choice(["", "’"]))
    else:
        if len(text) > 7 and rng.random() < 0.05:
            at = int(rng.random() * len(text))
            text = text[:at] + text[at + 1:]
        if rng.random() < 0.05:
            text = text.replace(" ", "")
    end = rng.random()
    if text and text[-1] not in "?？!.。！":
        if language == "en":
            text += "?" if end < 0.45 else "." if end < 0.55 else "!" if end < 0.57 else "??" if end < 0.58 else ""
        else:
            text += "？" if end < 0.4 else "?" if end < 0.47 else "。" if end < 0.55 else "！" if end < 0.58 else ""
    return text


SYLLABLES = [a + b for a in "b bl br c ch d dr f fl g gr h j k kl l m n p pl pr qu r s sh sk st t th tr v w z".split()
             for b in "a ai an ar e ea el en er i in is o on oo or ow u um ur y".split()]
HAN = [bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]


def unknown_word(language, rng):
    """A word that means nothing to the model, for questions it cannot know: made-up English, or any common characters."""
    if language == "zh":
        return "".join(rng.choice(HAN) for _ in range(rng.choice((1, 2, 2, 3))))
    word = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((1, 2, 2, 3))))
    return word + rng.choice(("", "", "s", "ing", "ed", "er", "ly", "tion", "al"))
