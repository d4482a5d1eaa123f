"""Pieces of which the string grammars are made: names, hosts, ports, passwords. One seed, one sequence."""

import random

NAMES = ["orders", "billing", "shop", "stock", "users", "audit", "ledger", "cart", "search", "mail"]
SYLLABLES = ["ka", "lo", "mi", "ra", "tu", "ve", "zo", "ne", "pi", "su", "do", "wa"]
ZONES = ["example", "prod.example.com", "svc.cluster.local", "internal", "eu-west-1.example.net"]
RAW = list("@:/?#[]!$&'()*+,;=%^~|{}\"<> \\")
# What looks like an expression of a template is read as one, and no driver knows templates.
AVOID = ["${", "$(", "#{", "{{", "}}", "<%", "%>", "[[", "((", "<", ">", "`", "$"]


class Pieces:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def one(self, items):
        return self.r.choice(items)

    def maybe(self, chance):
        return self.r.random() < chance

    def word(self):
        return "".join(self.r.choice(SYLLABLES) for _ in range(self.r.randint(2, 4)))

    def name(self):
        return self.one(NAMES) + self.one(["", "", "_app", "-ro", "2", "_db"])

    def host(self):
        kind = self.r.randrange(12)
        if kind < 4:
            return f"db{self.r.randint(1, 9)}"
        if kind < 9:
            return f"{self.one(NAMES)}-{self.one(['db', 'rw', 'ro', 'primary', 'x1'])}.{self.one(ZONES)}"
        if kind < 10:
            return "localhost"
        return ".".join(str(self.r.randint(1, 250)) for _ in range(4))

    def six(self):
        return self.one(["::1", "fe80::1", "2001:db8::17", "2001:db8:0:1::2"])

    def port(self, usual):
        return usual if self.maybe(0.6) else self.r.randint(1, 65535)

    def escaped(self, text):
        return "".join(c if c.isalnum() or c in "-._~" else f"%{ord(c):02X}" for c in text)

    def odd(self, allowed=None):
        """A word with one to three characters that need care."""
        chars = [c for c in RAW if allowed is None or c in allowed]
        while True:
            text = self.word() + "".join(self.one(chars) + self.word() for _ in range(self.r.randint(1, 3)))
            if not any(mark in text for mark in AVOID) and text.count("%") < 2:
                return text

    def secret(self):
        """As typed: mostly plain, sometimes with characters that need care. The test looks for what starts with `Zq`."""
        return "Zq" + (self.odd() if self.maybe(0.4) else self.word() + str(self.r.randint(1, 99)))

    def upper_some(self, text):
        return "".join(c.upper() if self.maybe(0.4) else c for c in text)

    def slip(self, text, start=0):
        """One slip of the finger behind `start`; what is cut keeps most of itself."""
        at = self.r.randrange(start, len(text)) if start < len(text) else len(text) - 1
        kind = self.r.randrange(5)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at] + text[at:]
        if kind == 2 and at + 1 < len(text):
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if kind == 3:
            return text[:at] + self.one([" ", "/", ":", "@", "?", "&", ";", "="]) + text[at:]
        return text[: max(at, start + (len(text) - start) * 6 // 10)]


def usable(text):
    """Neither an expression to us nor white space around, of which the caller makes cases of their own."""
    return text and not any(mark in text for mark in AVOID) and text == text.strip() and "%%" not in text


def gather(seed, make, count):
    """`count` different strings."""
    pieces = Pieces(seed)
    seen, out = set(), []
    while len(out) < count:
        text = make(pieces)
        if usable(text) and text not in seen:
            seen.add(text)
            out.append(text)
    return out
