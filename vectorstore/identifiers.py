"""Names that are meant as they are written: codes, part numbers, versions, options, settings, files."""

import re

UNSPACED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""The letters of scripts that put no space between words, as a regular expression has them between brackets: Thai, Lao,
Burmese, Khmer, Japanese, Chinese.
"""

_TOKEN = re.compile(r"\S+")
_AROUND = "\"'`«»“”„‘’‹›,;:!?…"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_IDENTIFIER = re.compile(
    r"""
    -{1,2}\w[\w.=/+-]*              # -x, --no-ff
    | [~.$@\#/\\%]{1,2}\w\S*        # .gitignore, /etc/hosts, $HOME, #12
    | [^\W_]\S*[.\-_/\\@:=+~^$%\#{&]\S*[\w)\]}]   # gc.auto, E-4711, 3.13, HEAD@{1}, core.autocrlf=input
    | \w*(?:[^\W\d_]\d|\d[^\W\d_])\w*  # v2, 10B
    | [^\W\d_]\w*(?:\+\+|\#)        # C++, F#
    """,
    re.VERBOSE,
)
_CAPITALS_INSIDE = re.compile(r"(?<!\w)[^\W\d_]*[^\W\d_A-Z][A-Z]\w*")
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?")
_COMPOUND = re.compile(r"[^\W\d_]+(?:[-/'’][^\W\d_]+)+")
_ONE_LETTER = re.compile(r"[-%$@~\\]\w")


def identifiers(text: str) -> list[str]:
    """Those in ``text``, each once, without the punctuation around them.

    >>> identifiers('What does "gc.auto" do in 3.13, e.g. with --no-ff or HEAD@{1}?')
    ['gc.auto', '3.13', '--no-ff', 'HEAD@{1}']
    """
    found = dict.fromkeys(_bare(token) for token in _TOKEN.findall(text))
    return [token for token in found if is_identifier(token)]


def names_in(text: str) -> list[str]:
    """The identifiers in ``text``, and the names that have capitals inside.

    >>> names_in("Is KeepAlive like --persist, or is it PHP?")
    ['--persist', 'KeepAlive']
    """
    return list(dict.fromkeys([*identifiers(text), *_CAPITALS_INSIDE.findall(text)]))


def is_identifier(token: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(token)) and not _ABBREVIATION.fullmatch(token)


def is_code(token: str) -> bool:
    """Whether it is an identifier that is written in one way alone: "follow-up" may be "follow up", too."""
    return is_identifier(token) and not _COMPOUND.fullmatch(token)


def whole(identifier: str) -> re.Pattern[str]:
    """Finds ``identifier`` where it is not a part of another one; capitals matter in a sign with a letter."""
    before = r"(?<![\w-])" if identifier.startswith("-") else r"(?<!\w)(?<!\w[._-])"
    flags = re.NOFLAG if _ONE_LETTER.fullmatch(identifier) else re.IGNORECASE
    return re.compile(rf"{before}{re.escape(identifier)}(?!\w)(?![._-]\w)", flags)


def _bare(token: str) -> str:
    while token:
        if token[0] in _AROUND or (token[0] in "([{<" and token.count(token[0]) > token.count(_closing(token[0]))):
            token = token[1:]
        elif token[-1] in _AROUND + "." or (
            token[-1] in _PAIRS and token.count(token[-1]) > token.count(_PAIRS[token[-1]])
        ):
            token = token[:-1]
        elif token[0] + token[-1] in ("()", "[]", "{}", "<>") or token.endswith("()"):
            token = token[:-2] if token.endswith("()") else token[1:-1]
        else:
            break
    return token


def _closing(opening: str) -> str:
    return next(closing for closing, before in _PAIRS.items() if before == opening)
