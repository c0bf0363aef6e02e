"""Files made to read, write or exhaust what they should not, by name. ``secret`` is a file that none may show."""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from tests.ingest.office import EXAMPLES

_ZIPPED = (".docx", ".odt", ".pptx", ".xlsx", ".epub")
_XML_PART = {
    ".docx": "word/document.xml",
    ".odt": "content.xml",
    ".pptx": "ppt/presentation.xml",
    ".xlsx": "xl/workbook.xml",
    ".epub": "META-INF/container.xml",
}
_LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(10))
_MEGABYTE = 1024**2


def hostile_files(secret: Path, word: bytes) -> Iterator[tuple[str, bytes]]:
    """``word`` is a whole Word document, of which some are made."""
    address = secret.as_uri()
    declarations = {
        "entity": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{address}">]>',
        "parameter": f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{address}"> %p;]>',
        "public": f'<!DOCTYPE a PUBLIC "-//A//B" "{address}">',
        "remote": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
        "laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{_LAUGHS}<!ENTITY x "&l10;">]>',
        "quadratic": f'<!DOCTYPE a [<!ENTITY x "{"q" * 100_000}">]>',
    }
    for name, declaration in declarations.items():
        inside = "&x;" * (5_000 if name == "quadratic" else 1)
        if name in ("parameter", "public", "remote"):
            inside = "text"
        yield f"{name}.xml", f"{declaration}<a>before {inside} after</a>".encode()
        for suffix in _ZIPPED:
            if name in ("entity", "laughs", "parameter"):
                whole = word if suffix == ".docx" else EXAMPLES[suffix]
                yield (
                    f"{name}{suffix}",
                    _with_part(whole, _XML_PART[suffix], lambda xml, d=declaration: _declared(xml, d)),
                )
    include = '<a xmlns:xi="http://www.w3.org/2001/XInclude">text <xi:include href="{}" parse="text"/></a>'
    yield "include.xml", include.format(address).encode()
    yield "stylesheet.xml", f'<?xml-stylesheet href="{address}"?><a>text</a>'.encode()
    yield "deep.xml", b"<a>" * 200_000 + b"x" + b"</a>" * 200_000
    for suffix in _ZIPPED:
        whole = word if suffix == ".docx" else EXAMPLES[suffix]
        yield f"outside{suffix}", _with_entry(whole, zipfile.ZipInfo("../../written-outside.txt"), b"written")
        yield f"link{suffix}", _with_entry(whole, _link("media/link.txt"), str(secret).encode())
    zeros = zipfile.ZipInfo("zeros.bin")
    yield "zeros.docx", _with_entry(word, zeros, bytes(210 * _MEGABYTE))
    yield "ratio.epub", _with_entry(EXAMPLES[".epub"], zeros, bytes(50 * _MEGABYTE))
    yield "absolute.docx", _with_entry(word, zipfile.ZipInfo("/tmp/written-outside.txt"), b"written")
    yield "many.docx", _with_many_entries(word, 12_000)
    yield "book.epub", EXAMPLES[".epub"].replace(b"../../../etc/passwd", str(secret).encode()[:19].ljust(19))
    yield "lies.docx", _with_a_size_that_lies(word)
    for tag in ('<img src="{}">', '<iframe src="{}"></iframe>', '<object data="{}"></object>', '<link href="{}">'):
        yield f"{tag[1:4]}.html", f"<p>text</p>{tag.format(address)}".encode()
    yield "base.html", f'<base href="{address}"><p>text</p><script>fetch("{address}")</script>'.encode()
    yield "deep.html", b"<div>" * 300_000 + b"text"
    yield "deep.json", b"[" * 500_000 + b"]" * 500_000
    yield "number.json", b'{"a": 1' + b"0" * 5_000_000 + b"}"
    yield "deep.rtf", rb"{\rtf1 " + b"{" * 300_000 + b"text" + b"}" * 300_000
    yield "include.rtf", rb"{\rtf1 text {\field{\*\fldinst INCLUDETEXT " + str(secret).encode() + rb"}}}"
    yield "field.csv", b'a,b\n1,"' + b"x" * (20 * _MEGABYTE)
    yield "columns.csv", b"a," * 300_000 + b"\n" + b"1," * 300_000
    yield "deep.eml", _nested_mail(300)
    yield (
        "attached.eml",
        (
            b"Subject: s\nMIME-Version: 1.0\nContent-Type: message/external-body; access-type=local-file; name="
            + str(secret).encode()
            + b"\n\nContent-Type: text/plain\n\n"
        ),
    )
    yield "loop.pdf", _pdf(b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>")
    yield "inflates.pdf", _pdf_with_stream(zlib.compress(bytes(400 * _MEGABYTE), 1))
    yield "file.pdf", _pdf(b"<< /Type /Pages /Kids [] /Count 0 /F (" + str(secret).encode() + b") >>")
    yield "pixels.png", _png(60_000, 60_000)
    yield "pixels.bmp", b"BM" + bytes(12) + b"\x00" * 4 + b"(\x00\x00\x00" + b"\xff\xff\x00\x00" * 2 + bytes(40)


def _with_part(whole: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry, change(data) if entry.filename == name else data)
    return buffer.getvalue()


def _declared(xml: bytes, declaration: str) -> bytes:
    """With the declaration, and the entity as text of the outermost element."""
    start = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
    opening = xml.index(b">", xml.index(b"<", start)) + 1
    head, element, rest = xml[:start], xml[start:opening], xml[opening:]
    root = element.split(b" ")[0].strip().lstrip(b"<").decode()
    named = declaration.replace("DOCTYPE a", f"DOCTYPE {root}").encode()
    return head + named + element + (b"" if b"% p" in named else b"&x;") + rest


def _with_entry(whole: bytes, entry: zipfile.ZipInfo, data: bytes) -> bytes:
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def _with_many_entries(whole: bytes, count: int) -> bytes:
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(count):
            archive.writestr(f"{number}.txt", b"")
    return buffer.getvalue()


def _with_a_size_that_lies(whole: bytes) -> bytes:
    """A part of 50 MB of which the directory says that it is ten bytes."""
    data = bytearray(_with_entry(whole, zipfile.ZipInfo("word/lies.xml"), bytes(50 * _MEGABYTE)))
    size = (50 * _MEGABYTE).to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(data)


def _nested_mail(depth: int) -> bytes:
    text = b"Subject: innermost\n\ntext"
    for _ in range(depth):
        text = b"Subject: s\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + text
    return text


def _pdf(pages: bytes) -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj "
        + pages
        + b" endobj\ntrailer << /Root 1 0 R >>\n%%EOF"
    )


def _pdf_with_stream(stream: bytes) -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
        b"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >> endobj\n"
        b"4 0 obj << /Filter /FlateDecode /Length "
        + str(len(stream)).encode()
        + b" >> stream\n"
        + stream
        + b"\nendstream endobj\ntrailer << /Root 1 0 R >>\n%%EOF"
    )


def _png(width: int, height: int) -> bytes:
    """A small picture that says it is a huge one."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)
