"""Bytes to text: byte order mark, then UTF-8, then what charset-normalizer finds most likely."""

from charset_normalizer import from_bytes

from ingest.readers.base import Refused

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding used. Raises Refused for bytes that are no text.

    >>> decode("Größe".encode("cp1252"))[0]
    'Größe'
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data).best()
        if best is None or (b"\x00" in data and not best.encoding.startswith(("utf_16", "utf_32"))):
            raise Refused("damaged", "The content is not text.") from None
        return str(best), best.encoding
    if "\x00" in text:
        raise Refused("damaged", "The content is not text.")
    return text, "utf-8"
