"""Documents that are ZIP archives: refused before they expand beyond reason."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from ingest.limits import Limits
from ingest.readers.base import Refused
from ingest.readers.encoding import parse_xml

_RATIO_MATTERS_ABOVE = 20 * 1024**2  # small XML compresses better than 100 to 1 quite honestly

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = 0x1


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive, found whole and of bearable size before anything in it is expanded. Raises Refused."""
    if data.startswith(_OLE):
        raise Refused("encrypted", "The document asks for a password, or is in Office's old format.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            expanded = sum(entry.file_size for entry in entries)
            if len(entries) > limits.max_archive_entries:
                raise _too_large(f"The document has {len(entries)} parts.", "max_archive_entries")
            if expanded > limits.max_expanded_mb * 1024**2:
                raise _too_large(f"The document expands to {expanded // 1024**2} MB.", "max_expanded_mb")
            if expanded > _RATIO_MATTERS_ABOVE and expanded > limits.max_expansion * len(data):
                detail = f"The document expands to more than {limits.max_expansion} times its size."
                raise _too_large(detail, "max_expansion")
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                raise Refused("encrypted", "The document asks for a password.")
            yield archive
    except (zipfile.BadZipFile, EOFError) as error:
        raise Refused("damaged", "The document is not a whole ZIP archive.") from error


def _too_large(detail: str, setting: str) -> Refused:
    return Refused("too large", f"{detail} A higher ingest.{setting} allows more.")


def part(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """An XML part, with no entity expanded and nothing fetched. Raises Refused if it is missing or damaged."""
    try:
        root = parse_xml(archive.read(name))
    except (KeyError, etree.XMLSyntaxError, ValueError) as error:
        raise Refused("damaged", f"Its part {name} is missing or damaged.") from error
    etree.strip_elements(root, etree.Entity, with_tail=False)
    return root
