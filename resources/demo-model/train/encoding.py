"""Dialogues to ids, exactly as the product makes them: each piece of template text and each message is encoded alone.

<|begin_of_sentence|> "User: " question "\\nAssistant: " reply <|end_of_sentence|> "User: " ...; a system text comes first,
and the line end behind it belongs to the template: "\\nUser: ".
"""
import sentencepiece

SPECIALS = ["<|begin_of_sentence|>", "<|end_of_sentence|>"] + [f"<mask:{i}>" for i in range(8)]
BEGIN, END = SPECIALS[:2]
USER, ASSISTANT = "User: ", "\nAssistant: "
FIRST, REST, QUESTION = 1.0, 0.4, 0.05  # weights in the loss
BEGINNING = 12  # tokens of a reply with the weight FIRST


class Encoder:
    def __init__(self, path):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.begin, self.end = self.pieces.piece_to_id(BEGIN), self.pieces.piece_to_id(END)
        self.user, self.assistant, self.system_user = (self.pieces.encode(t) for t in (USER, ASSISTANT, "\n" + USER))
        self.known = {}  # ids of the replies, which repeat

    def question(self, text, broken=0.0):
        """Ids of a message. broken: the share of merges left out, so that the model meets rare pieces too."""
        if broken:
            return self.pieces.encode(text, enable_sampling=True, alpha=broken, nbest_size=-1)
        return self.pieces.encode(text)

    def reply(self, text):
        if text not in self.known:
            self.known[text] = self.pieces.encode(text)
        return self.known[text]

    def prompt(self, messages):
        """Ids of [{"role", "content"}, ...] with the generation prompt at the end."""
        ids, behind_system = [self.begin], False
        for message in messages:
            if message["role"] == "system":
                ids += self.pieces.encode(message["content"])
                behind_system = True
            elif message["role"] == "user":
                ids += (self.system_user if behind_system else self.user) + self.question(message["content"]) + self.assistant
                behind_system = False
            else:
                ids += self.reply(message["content"]) + [self.end]
        return ids

    def dialogue(self, system, turns, rng, last_reply=None):
        """(ids, weights) for training. Weights: FIRST for the words that begin a reply, for they decide which answer it is,
        REST for the others and for the end, QUESTION for the person's words, 0 for the template. The last reply is cut to
        last_reply tokens where given: its beginning is what there is to learn, the rest is soon known by heart."""
        ids, weights = [self.begin], [0]
        user = self.user
        if system:
            text = self.pieces.encode(system)
            ids, weights, user = ids + text, weights + [0] * len(text), self.system_user
        for turn in turns:
            question = self.question(turn.question, 0.1 if rng.random() < 0.2 else 0.0)
            reply = self.reply(turn.answer) + [self.end]
            if turn is turns[-1] and last_reply:
                reply = reply[:last_reply]
            ids += user + question + self.assistant + reply
            weights += [0] * len(user) + [QUESTION] * len(question) + [0] * len(self.assistant)
            weights += [FIRST if i < BEGINNING else REST for i in range(len(reply))]
            user = self.user
        return ids, weights
