"""Documents that are ZIP archives: refused before they expand beyond reason."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from lxml import etree

from ingest.readers.base import Refused

_MAX_ENTRIES = 10_000
_MAX_EXPANDED = 200 * 1024**2
_MAX_RATIO = 100
_RATIO_MATTERS_ABOVE = 20 * 1024**2  # small XML compresses better than 100 to 1 quite honestly

_PARSER = partial(
    etree.XMLParser, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = 0x1


@contextmanager
def opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive, found whole and of bearable size before anything in it is expanded. Raises Refused."""
    if data.startswith(_OLE):
        raise Refused("encrypted", "The document asks for a password, or is in Office's old format.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            expanded = sum(entry.file_size for entry in entries)
            if len(entries) > _MAX_ENTRIES or expanded > _MAX_EXPANDED:
                raise Refused("too large", f"The document expands to {expanded // 1024**2} MB in {len(entries)} parts.")
            if expanded > _RATIO_MATTERS_ABOVE and expanded > _MAX_RATIO * len(data):
                raise Refused("too large", "The document expands to more than 100 times its size.")
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                raise Refused("encrypted", "The document asks for a password.")
            yield archive
    except (zipfile.BadZipFile, EOFError) as error:
        raise Refused("damaged", "The document is not a whole ZIP archive.") from error


def part(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """An XML part, with no entity expanded and nothing fetched. Raises Refused if it is missing or damaged."""
    try:
        root = etree.fromstring(archive.read(name), _PARSER())
    except (KeyError, etree.XMLSyntaxError, ValueError) as error:
        raise Refused("damaged", f"Its part {name} is missing or damaged.") from error
    etree.strip_elements(root, etree.Entity, with_tail=False)
    return root
