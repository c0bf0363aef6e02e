"""EPUB: its chapters in reading order, each an XHTML page (W3C, EPUB 3.3)."""

import posixpath
import re
import zipfile
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from ingest.readers.archive import opened, part
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode
from ingest.readers.footnotes import place_footnotes
from ingest.readers.html import add_tree, html_tree

_CHAPTERS = frozenset({"application/xhtml+xml", "text/html"})
_ENDED_AT_ONCE = re.compile(
    r"<((?!(?:br|hr|img|image|meta|link|input|col|area|base|embed|source|track|wbr|param)\b)([A-Za-z][\w:]*)\b[^<>]*)/>"
)
"""An element without content, which HTML would not take as ended: "<a id='p12'/>"."""
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
        pages: dict[str, HtmlElement] = {}
        for reference in package.iterfind("{*}spine/{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or item.get("media-type") not in _CHAPTERS:
                continue
            target = unquote(urlsplit(str(item.get("href"))).path)
            name = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), target))
            if name in encrypted:
                raise Refused("encrypted", "The book is protected against copying.")
            if name in names:
                with suppress(ValueError):  # a page of nothing
                    markup = decode(archive.read(name))[0]
                    pages[name] = html_tree(_ENDED_AT_ONCE.sub(r"<\1></\2>", markup))
        place_footnotes(pages, marked=False)
        for page in pages.values():
            add_tree(builder, page)
        builder.title = " ".join((package.findtext("{*}metadata/{*}title") or "").split())
    return builder.build()


def _encrypted(archive: zipfile.ZipFile) -> frozenset[str]:
    """The parts that only a reader with the key can read; of a book that is not protected, at most its fonts."""
    if _ENCRYPTION not in archive.NameToInfo:
        return frozenset()
    references = part(archive, _ENCRYPTION).iter("{*}CipherReference")
    return frozenset(unquote(str(reference.get("URI"))) for reference in references)
