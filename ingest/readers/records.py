"""CSV rows and XML records as units, by a mapping; without one, all columns or all text."""

import csv
import io
import re
from collections.abc import Sequence

from lxml import etree

from ingest.mapping import Mapping, fitting
from ingest.readers.base import DocumentBuilder, ReadDocument, Refused
from ingest.readers.encoding import decode

_SPACE = re.compile(r"\s+")
_INDENT = re.compile(r"[ \t]*\n[ \t]*")


def read_xml(data: bytes, mappings: Sequence[Mapping]) -> ReadDocument:
    # Entities stay unexpanded and nothing outside the file is read: no bombs, no external entities.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("damaged", "The XML is not well-formed.") from error
    builder = DocumentBuilder()
    mapping = fitting(mappings, "xml", [_local(root)])
    if mapping is None or not root.findall(mapping.record):
        for text in _texts(root):
            builder.paragraph(text)
        return builder.build()
    builder.title = _value(root, mapping.title) if mapping.title else ""
    document_fields = {name: path for name, path in mapping.metadata.items() if path.startswith("@")}
    record_fields = {name: path for name, path in mapping.metadata.items() if not path.startswith("@")}
    for record in root.findall(mapping.record):
        text = "\n\n".join(filter(None, (_value(record, path) for path in mapping.text)))
        if text:
            heading = _value(record, mapping.heading) if mapping.heading else ""
            fields = {name: _value(record, path) for name, path in record_fields.items()}
            builder.record([builder.title, heading], text, fields)
    return builder.build({name: _value(root, path) for name, path in document_fields.items()})


def read_csv(data: bytes, mappings: Sequence[Mapping]) -> ReadDocument:
    text, encoding = decode(data)
    try:
        delimiter = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|").delimiter
    except csv.Error:
        delimiter = ","
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise Refused("damaged", f"The CSV cannot be read: {error}.") from error
    if len(rows) < 2:
        raise Refused("empty", "The CSV holds no rows under its header.")
    header, *records = rows
    header = _distinct([name.strip() for name in header], max(len(record) for record in records))
    mapping = fitting(mappings, "csv", header)
    builder = DocumentBuilder()
    for record in records:
        fields = dict(zip(header, (cell.strip() for cell in record), strict=False))
        if mapping:
            body = "\n\n".join(filter(None, (fields.get(column, "") for column in mapping.text)))
            headings = [fields.get(column, "") for column in (mapping.title, mapping.heading) if column]
            metadata = {name: fields.get(column, "") for name, column in mapping.metadata.items()}
        else:
            body = "\n".join(f"{name}: {value}" for name, value in fields.items() if value)
            headings, metadata = [], fields
        if body:
            builder.record(headings, body, metadata)
    return builder.build({"encoding": encoding})


def _distinct(header: list[str], columns: int) -> list[str]:
    """A name for each column: repeated ones are numbered, missing ones made up, so that no cell is lost."""
    names: list[str] = []
    for place in range(max(columns, len(header))):
        name = header[place] if place < len(header) and header[place] else f"column {place + 1}"
        names.append(f"{name} ({place + 1})" if name in names else name)
    return names


def _value(element: etree._Element, path: str) -> str:
    path, _, attribute = path.rpartition("@") if "@" in path else (path, "", "")
    found = element.find(path.rstrip("/")) if path.rstrip("/") else element
    if found is None:
        return ""
    if attribute:
        return found.get(attribute, "")
    text = "".join(str(part) for part in found.itertext())
    return _INDENT.sub("\n", text).strip()


def _texts(root: etree._Element) -> list[str]:
    """The text of every outermost element with words of its own, in document order."""
    own = [root.text or "", *(child.tail or "" for child in root)]
    if any(part.strip() for part in own):
        return [_SPACE.sub(" ", "".join(str(part) for part in root.itertext())).strip()]
    return [text for child in root for text in _texts(child)]


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
