"""Bytes to text: what they say themselves, then UTF-8, then what was declared, then what is likeliest. And to XML."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from charset_normalizer import from_bytes
from lxml import etree

from ingest.readers.base import Refused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # which begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = [
    *("cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "utf_16_le", "utf_16_be"),
]
_WESTERN = frozenset("äöüßÄÖÜéèêëàâáçîïíôóòûùúñæøåÆØÅÉÈÀÁÇÓÚÑœŒãõÃÕìý€£§°©®±²µ·½×–—‘’‚“”„…•«»‹›¿¡´\xa0")
_MOST = 0.9
_BROKEN = 0.02
_SPECIAL = re.compile(r"[^\x00-\x7f]")
_SLICE = 1024**2
_TELLING_LINE = re.compile(rb"[^\n]{0,1000}[\x80-\xff][^\n]{0,1000}\n?")
_TELLING_LINES = 500
_ZEROS = 0.15
"""More of them, and letters are two or four bytes long. Chinese without a space has fewer."""
_MASKS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252", "shift_jis": "cp932"}
"""What is meant by some names, as browsers take them (WHATWG Encoding Standard)."""


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text and the encoding used. ``declared`` is what the document says of itself, right or wrong. Bytes that are
    no character are marked.

    Raises Refused for bytes that are no text.

    >>> decode("Größe".encode("cp1252"))[0]
    'Größe'
    """
    encoding = encoding_of(data, declared)
    return data.decode(encoding, "replace"), encoding


def encoding_of(data: bytes, declared: str = "") -> str:
    """As ``decode``, in the memory of a slice of the text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if data.count(0) > _ZEROS * len(data):
        return _wide(data)
    if 0 not in data:
        for encoding in ("utf-8", _MASKS.get(declared.lower(), declared)):
            if encoding and _is_encoded(data, encoding):
                return encoding
        if _is_mostly_utf8(data):
            return "utf-8"
        if western := _western(data):
            return western
    best = from_bytes(_telling(data), cp_isolation=_LIKELY).best()
    if best is None or (0 in data and not best.encoding.startswith("utf_16")):
        raise Refused("damaged", "The content is not text.")
    return best.encoding


def _slices(data: bytes, encoding: str, errors: str = "strict") -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for start in range(0, len(data), _SLICE):
        yield decoder.decode(data[start : start + _SLICE])
    yield decoder.decode(b"", final=True)


def _is_encoded(data: bytes, encoding: str) -> bool:
    try:
        data[:1].decode(encoding)  # there are encodings of no text
    except LookupError:
        return False
    except UnicodeError:  # it may need more
        pass
    try:
        for _ in _slices(data, encoding):
            pass
    except UnicodeError:
        return False
    return True


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether next to all that is not ASCII is UTF-8, as in a log with a few broken bytes."""
    special = broken = 0
    for text in _slices(data, "utf-8", "replace"):
        broken += text.count("\ufffd")
        special += len(_SPECIAL.findall(text))
    return broken <= _BROKEN * special


def _telling(data: bytes) -> bytes:
    """Of a long text the lines that tell its encoding."""
    if len(data) <= _SLICE:
        return data
    return b"".join(islice((line[0] for line in _TELLING_LINE.finditer(data)), _TELLING_LINES)) or data[:_SLICE]


def _wide(data: bytes) -> str:
    """The encoding of text in UTF-16 or UTF-32 without a mark, told by the places of its zeros. Raises Refused."""
    zeros = [data[place::4].count(0) for place in range(4)]
    quarter = len(data) / 4
    if min(zeros[2:]) > _MOST * quarter:
        encoding = "utf-32-le"
    elif min(zeros[:2]) > _MOST * quarter:
        encoding = "utf-32-be"
    else:
        encoding = "utf-16-le" if zeros[1] + zeros[3] > zeros[0] + zeros[2] else "utf-16-be"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\x00"
    unprintable = sum(unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") and c not in "\t\n\r\f" for c in text)
    if unprintable > (1 - _MOST) * len(text) or "\x00" in text:
        raise Refused("damaged", "The content is not text.")
    return encoding


def _western(data: bytes) -> str:
    """cp1252, if nearly all that is not ASCII would be a letter or sign of western Europe in it."""
    special = western = 0
    try:
        for text in _slices(data, "cp1252"):
            found = _SPECIAL.findall(text)
            special += len(found)
            western += sum(c in _WESTERN for c in found)
    except UnicodeDecodeError:
        return ""
    return "cp1252" if western >= _MOST * special else ""


def parse_xml(data: bytes) -> etree._Element:
    """The root of XML from strangers, with no entity expanded and nothing outside ``data`` read.

    Comments and instructions are left out.

    Raises etree.XMLSyntaxError or ValueError.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(data, parser)
