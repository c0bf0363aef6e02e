"""English words without their endings, by the second Porter algorithm.

The same stems as NLTK's ``SnowballStemmer("english")`` (Porter, "Snowball: A language for stemming algorithms", 2001),
which takes two seconds to import: with it come pandas, SciPy and scikit-learn.
"""

import functools

_VOWELS = frozenset("aeiouy")
_DOUBLE = ("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt")
_BEFORE_LI = frozenset("cdeghkmnrt")
_SPECIAL = {
    **dict.fromkeys(("sky", "news", "howe", "atlas", "cosmos", "bias", "andes")),
    **dict.fromkeys(("inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed")),
    "skis": "ski",
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "idly": "idl",
    "gently": "gentl",
    "ugly": "ugli",
    "early": "earli",
    "only": "onli",
    "singly": "singl",
}
_STEMS = {word: stem or word for word, stem in _SPECIAL.items()}
_STEMS |= {f"{word}s": word for word in ("inning", "outing", "canning", "herring", "earring")}
_STEMS |= {f"{word}{end}": word for word in ("proceed", "exceed", "succeed") for end in ("s", "ed", "ing")}

# An ending becomes another, or loses so many letters. Of several, the first that fits counts.
_SECOND: dict[str, str | int] = {
    "ization": "ize",
    "ational": "ate",
    "fulness": 4,
    "ousness": "ous",
    "iveness": "ive",
    "tional": 2,
    "biliti": "ble",
    "lessli": 2,
    "entli": 2,
    "ation": "ate",
    "alism": "al",
    "aliti": "al",
    "ousli": "ous",
    "iviti": "ive",
    "fulli": 2,
    "enci": "ence",
    "anci": "ance",
    "abli": "able",
    "izer": "ize",
    "ator": "ate",
    "alli": "al",
    "bli": "ble",
    "ogi": 1,
    "li": 2,
}
_THIRD: dict[str, str | int] = {
    "ational": "ate",
    "tional": 2,
    "alize": 3,
    "icate": "ic",
    "iciti": "ic",
    "ative": 5,
    "ical": "ic",
    "ness": 4,
    "ful": 3,
}
_FOURTH = (
    "ement ance ence able ible ment ant ent ism ate iti ous ive ize ion al er ic".split()  # the longer ones first
)
_E_IS_LEFT = frozenset(("ational", "ation", "ator", "iveness", "iviti"))
"""What these become leaves an e in the second region, even where they began before it."""


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of an English word, in small letters.

    >>> [stem(word) for word in ("Questions", "answered", "relational", "happily")]
    ['question', 'answer', 'relat', 'happili']
    """
    word = word.lower()
    if len(word) <= 2:
        return word
    return _STEMS.get(word) or _Word(word).stem()


class _Word:
    """A word on its way, with its first and its second region: what follows the first consonant after a vowel."""

    def __init__(self, word: str) -> None:
        word = word.translate({ord(mark): "'" for mark in "’‘‛"}).removeprefix("'")
        letters = list(word)  # a y that is a consonant is written Y
        if letters[:1] == ["y"]:
            letters[0] = "Y"
        for place in range(1, len(letters)):
            if letters[place] == "y" and letters[place - 1] in _VOWELS:
                letters[place] = "Y"
        self.text = "".join(letters)
        known = next((start for start in ("gener", "commun", "arsen") if self.text.startswith(start)), None)
        self.first = self.text[len(known) :] if known else _region(self.text)
        self.second = _region(self.first)

    def stem(self) -> str:
        self._possessive()
        self._plural()
        self._past()
        if len(self.text) > 2 and self.text[-1] in "yY" and self.text[-2] not in _VOWELS:
            self._replace(self.text[-1], "i")
        self._derived(_SECOND)
        self._derived(_THIRD)
        self._suffix()
        self._last_letter()
        return self.text.replace("Y", "y")

    def _cut(self, letters: int) -> None:
        self.text, self.first, self.second = (part[:-letters] for part in (self.text, self.first, self.second))

    def _replace(self, old: str, new: str, second: str = "") -> None:
        n = len(old)
        self.text = self.text[:-n] + new
        self.first = self.first[:-n] + new if len(self.first) >= n else ""
        self.second = self.second[:-n] + new if len(self.second) >= n else second

    def _ending(self, endings: "tuple[str, ...] | list[str] | dict[str, str | int]") -> str:
        return next((ending for ending in endings if self.text.endswith(ending)), "")

    def _possessive(self) -> None:
        if ending := self._ending(("'s'", "'s", "'")):
            self._cut(len(ending))

    def _plural(self) -> None:
        match self._ending(("sses", "ied", "ies", "us", "ss", "s")):
            case "sses":
                self._cut(2)
            case "ied" | "ies":
                self._cut(2 if len(self.text) > 4 else 1)
            case "s" if not _VOWELS.isdisjoint(self.text[:-2]):
                self._cut(1)

    def _past(self) -> None:
        ending = self._ending(("eedly", "ingly", "edly", "eed", "ing", "ed"))
        if ending in ("eed", "eedly"):
            if self.first.endswith(ending):
                self._replace(ending, "ee")
        elif ending and not _VOWELS.isdisjoint(self.text[: -len(ending)]):
            self._cut(len(ending))
            if self.text.endswith(("at", "bl", "iz")):
                self.text += "e"
                self.first += "e"
                if len(self.text) > 5 or len(self.first) >= 3:
                    self.second += "e"
            elif self.text.endswith(_DOUBLE):
                self._cut(1)
            elif not self.first and _is_short(self.text):
                self.text += "e"

    def _derived(self, endings: dict[str, str | int]) -> None:
        ending = self._ending(endings)
        if not ending or not self.first.endswith(ending):
            return
        if ending == "ogi" and self.text[-4] != "l":
            return
        if ending == "li" and self.text[-3] not in _BEFORE_LI:
            return
        if ending == "ative" and not self.second.endswith(ending):
            return
        becomes = endings[ending]
        if isinstance(becomes, int):
            self._cut(becomes)
        elif ending in ("enci", "anci", "abli"):
            self._replace("i", "e")
        else:
            self._replace(ending, becomes, "e" if endings is _SECOND and ending in _E_IS_LEFT else "")

    def _suffix(self) -> None:
        ending = self._ending(_FOURTH)
        if ending and self.second.endswith(ending) and (ending != "ion" or self.text[-4] in "st"):
            self._cut(len(ending))

    def _last_letter(self) -> None:
        text = self.text
        if (self.second.endswith("l") and text[-2] == "l") or self.second.endswith("e"):
            self.text = text[:-1]
        elif self.first.endswith("e") and len(text) >= 4:
            short = text[-2] not in _VOWELS and text[-2] not in "wxY" and text[-3] in _VOWELS
            if not (short and text[-4] not in _VOWELS):
                self.text = text[:-1]


def _region(word: str) -> str:
    """What follows the first letter that is no vowel, but comes after one."""
    for place in range(1, len(word)):
        if word[place] not in _VOWELS and word[place - 1] in _VOWELS:
            return word[place + 1 :]
    return ""


def _is_short(word: str) -> bool:
    """Whether a word ends in a short syllable."""
    if len(word) == 2:
        return word[0] in _VOWELS and word[1] not in _VOWELS
    return (
        len(word) >= 3
        and word[-1] not in _VOWELS
        and word[-1] not in "wxY"
        and word[-2] in _VOWELS
        and word[-3] not in _VOWELS
    )
