"""Rows of CSV, and records of XML and JSON, as units: by a mapping or, without one, with all they hold."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode, parse_xml
from ingest.sources.mapping import Mapping, fitting

csv.field_size_limit(2**31 - 1)  # the file's own size is bounded

_SPACE = re.compile(r"\s+")
_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>")
_INDENT = re.compile(r"[ \t]*\n[ \t]*")


def read_xml(data: bytes, options: ReadOptions) -> ReadDocument:
    try:
        root = _root(data)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("damaged", "The XML is not well-formed.") from error
    builder = DocumentBuilder()
    mapping = fitting(options.mappings, "xml", [_local(root)])
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


def _root(data: bytes) -> etree._Element:
    """As the document says that it is encoded, or as it is."""
    try:
        return parse_xml(data)
    except etree.XMLSyntaxError:
        text, _ = decode(data)
        if not (declaration := _DECLARED.match(text)):
            raise
        return parse_xml(text[declaration.end() :].encode())


def read_csv(data: bytes, options: ReadOptions) -> ReadDocument:
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
    builder = DocumentBuilder()
    add_rows(builder, rows, options.mappings, [])
    return builder.build({"encoding": encoding})


def read_json(data: bytes, options: ReadOptions) -> ReadDocument:
    """A list of objects is a list of records, also as the only list in an object; all else is one record."""
    text, encoding = decode(data)
    try:
        value = _json(text)
    except ValueError as error:
        raise Refused("damaged", f"The JSON cannot be read: {error}.") from error
    return _records_of(value, options.mappings, encoding)


def read_json_lines(data: bytes, options: ReadOptions) -> ReadDocument:
    """A record a line."""
    text, encoding = decode(data)
    values = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            values += [_json(line)] if line.strip() else []
        except ValueError as error:
            raise Refused("damaged", f"Line {number} is not JSON.") from error
    return _records_of(values, options.mappings, encoding)


def _json(text: str) -> Any:
    """Numbers stay as they are written."""
    return json.loads(text, parse_int=str, parse_float=str)


def _records_of(value: object, mappings: Sequence[Mapping], encoding: str) -> ReadDocument:
    if isinstance(value, dict):
        lists = [items for items in value.values() if _is_records(items)]
        value = lists[0] if len(lists) == 1 else [value]
    records = [dict(_flat("", item)) for item in (value if isinstance(value, list) else [value])]
    builder = DocumentBuilder()
    columns = frozenset(name for record in records for name in record)
    table = builder.new_group()
    for record in records:
        _add_record(builder, record, fitting(mappings, "csv", columns), [], table)
    return builder.build({"encoding": encoding})


def _is_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Names and texts of what a value holds: "address.city" for what is nested."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name} {number}".strip(), inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(_text, value))
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    return "" if value is None else json.dumps(value) if isinstance(value, bool) else str(value).strip()


def add_rows(
    builder: DocumentBuilder, rows: Sequence[Sequence[str]], mappings: Sequence[Mapping], headings: Sequence[str]
) -> None:
    """Each row a record under the names that the first row gives; nothing for fewer than two rows."""
    if len(rows) < 2:
        return
    names = _distinct([name.strip() for name in rows[0]], max(len(row) for row in rows[1:]))
    mapping = fitting(mappings, "csv", names)
    table = builder.new_group()
    for row in rows[1:]:
        fields = dict(zip(names, (cell.strip() for cell in row), strict=False))
        _add_record(builder, fields, mapping, headings, table)


def _add_record(
    builder: DocumentBuilder, fields: dict[str, str], mapping: Mapping | None, headings: Sequence[str], table: int
) -> None:
    """Without a mapping, which tells what is text, it is a row of the ``table``."""
    if mapping:
        body = "\n\n".join(filter(None, (fields.get(column, "") for column in mapping.text)))
        own = [fields.get(column, "") for column in (mapping.title, mapping.heading) if column]
        metadata = {name: fields.get(column, "") for name, column in mapping.metadata.items()}
    else:
        body = "\n".join(f"{name}: {value}" if name else value for name, value in fields.items() if value)
        own, metadata = [], fields
    if body:
        builder.record([*headings, *own], body, metadata, 0 if mapping else table)


def _distinct(header: list[str], columns: int) -> list[str]:
    """A name for each column: repeated ones are numbered, missing ones made up, so that no cell is lost."""
    names: dict[str, None] = {}
    for place in range(max(columns, len(header))):
        name = header[place] if place < len(header) and header[place] else f"column {place + 1}"
        while name in names:
            name = f"{name} ({place + 1})"
        names[name] = None
    return list(names)


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
