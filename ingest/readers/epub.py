"""EPUB: its chapters in reading order, each an XHTML page (W3C, EPUB 3.3)."""

import posixpath
import zipfile
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from ingest.readers.archive import opened, part
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode
from ingest.readers.html import add_html

_CHAPTERS = frozenset({"application/xhtml+xml", "text/html"})
_ENCRYPTION = "META-INF/encryption.xml"


def read_epub(data: bytes, options: ReadOptions) -> ReadDocument:
    with opened(data, options.limits) as archive:
        container = part(archive, "META-INF/container.xml")
        package_path = next((str(found.get("full-path")) for found in container.iter("{*}rootfile")), "")
        package = part(archive, package_path)
        names = archive.NameToInfo
        encrypted = _encrypted(archive)
        items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
        builder = DocumentBuilder()
        for reference in package.iterfind("{*}spine/{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or item.get("media-type") not in _CHAPTERS:
                continue
            target = unquote(urlsplit(str(item.get("href"))).path)
            name = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), target))
            if name in encrypted:
                raise Refused("encrypted", "The book is protected against copying.")
            if name in names:
                with suppress(ValueError):  # a page of pictures
                    add_html(builder, decode(archive.read(name))[0])
        builder.title = " ".join((package.findtext("{*}metadata/{*}title") or "").split())
    return builder.build()


def _encrypted(archive: zipfile.ZipFile) -> frozenset[str]:
    """The parts that only a reader with the key can read; of a book that is not protected, at most its fonts."""
    if _ENCRYPTION not in archive.NameToInfo:
        return frozenset()
    references = part(archive, _ENCRYPTION).iter("{*}CipherReference")
    return frozenset(unquote(str(reference.get("URI"))) for reference in references)
