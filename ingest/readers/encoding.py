"""Bytes to text: what they say themselves, then UTF-8, then what was declared, then what is likeliest. And to XML."""

import codecs
import unicodedata

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
_ZEROS = 0.15
"""More of them, and letters are two or four bytes long. Chinese without a space has fewer."""
_MASKS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252", "shift_jis": "cp932"}
"""What is meant by some names, as browsers take them (WHATWG Encoding Standard)."""


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text and the encoding used. ``declared`` is what the document says of itself, right or wrong.

    Raises Refused for bytes that are no text.

    >>> decode("Größe".encode("cp1252"))[0]
    'Größe'
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    if data.count(0) > _ZEROS * len(data):
        return _wide(data)
    for encoding in ("utf-8", _MASKS.get(declared.lower(), declared), _western(data)):
        try:
            if encoding and 0 not in data:
                return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    best = from_bytes(data, cp_isolation=_LIKELY).best()
    if best is None or (0 in data and not best.encoding.startswith("utf_16")):
        raise Refused("damaged", "The content is not text.")
    return str(best), best.encoding


def _wide(data: bytes) -> tuple[str, str]:
    """Text in UTF-16 or UTF-32 without a mark, told by the places of its zeros. Raises Refused."""
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
    return text, encoding


def _western(data: bytes) -> str:
    """cp1252, if nearly all that is not ASCII would be a letter or sign of western Europe in it."""
    try:
        special = [c for c in data.decode("cp1252") if not c.isascii()]
    except UnicodeDecodeError:
        return ""
    return "cp1252" if sum(c in _WESTERN for c in special) >= _MOST * len(special) else ""


def parse_xml(data: bytes) -> etree._Element:
    """The root of XML from strangers, with no entity expanded and nothing outside ``data`` read.

    Comments and instructions are left out.

    Raises etree.XMLSyntaxError or ValueError.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(data, parser)
