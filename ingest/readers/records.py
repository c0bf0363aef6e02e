"""Records of XML and JSON, and rows, as units: by a mapping or, without one, with all they hold."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lxml import etree

from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode, encoding_of, parse_xml
from ingest.readers.stretches import Stretches, is_long
from ingest.readers.tables import column_names
from ingest.sources.mapping import Mapping, fitting

_SPACE = re.compile(r"\s+")
_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>")
_INDENT = re.compile(r"[ \t]*\n[ \t]*")
_LONGEST_CELL = 200


def read_xml(data: bytes, options: ReadOptions) -> ReadDocument:
    try:
        root = _root(data)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("damaged", "The XML is not well-formed.") from error
    builder = DocumentBuilder()
    mapping = fitting(options.mappings, "xml", [_local(root)])
    if mapping is None or not root.findall(mapping.record):
        if records := _records_in(root):
            table = builder.new_group()
            for fields in records:
                _add_record(builder, fields, None, [], table)
            return builder.build()
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


def read_json(data: bytes, options: ReadOptions) -> ReadDocument:
    """A list of objects is a list of records, also in an object; all else is one record."""
    text, encoding = decode(data)
    try:
        value = _json(text)
    except ValueError as error:
        raise Refused("damaged", f"The JSON cannot be read: {error}.") from error
    return _records_of(value, options.mappings, encoding)


def read_json_lines(data: bytes, options: ReadOptions) -> ReadDocument:
    """A record a line."""
    encoding = encoding_of(data)
    builder = DocumentBuilder()
    stretches = Stretches(builder, data, options.on_stretch or (lambda *_: None))
    columns = frozenset(key for record in _records_on_lines(stretches, encoding) for key in record)
    mapping, table = fitting(options.mappings, "csv", columns), builder.new_group()
    records = _records_on_lines(stretches, encoding)
    for record in stretches.each(records) if options.on_stretch and is_long(data) else records:
        _add_record(builder, record, mapping, [], table)
    return builder.build({"encoding": encoding})


def _records_on_lines(stretches: Stretches, encoding: str) -> Iterator[dict[str, str]]:
    with stretches.lines(encoding) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip():
                    yield dict(_flat("", _json(line)))
            except ValueError as error:
                raise Refused("damaged", f"Line {number} is not JSON.") from error


def _json(text: str) -> Any:
    """Numbers stay as they are written."""
    return json.loads(text, parse_int=str, parse_float=str)


def _records_of(value: object, mappings: Sequence[Mapping], encoding: str) -> ReadDocument:
    builder = DocumentBuilder()
    for name, items in _lists_of(value):
        records = [dict(_flat("", item)) for item in items]
        columns = frozenset(key for record in records for key in record)
        table = builder.new_group()
        for record in records:
            _add_record(builder, record, fitting(mappings, "csv", columns), [name] if name else [], table)
    return builder.build({"encoding": encoding})


def _lists_of(value: object) -> Iterator[tuple[str, list[object]]]:
    """Lists of records with their names: those that an object holds, and what else it says as one record."""
    found = {name: items for name, items in value.items() if _is_records(items)} if isinstance(value, dict) else {}
    if not isinstance(value, dict) or not found:
        yield "", value if isinstance(value, list) else [value]
        return
    rest = {name: inner for name, inner in value.items() if name not in found}
    if any(map(str.isalpha, "".join(map(str, rest.values())))):  # counts alone say nothing
        yield "", [rest]
    for name, items in found.items():
        yield name if len(found) > 1 else "", items


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
    builder: DocumentBuilder,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int,
    mappings: Sequence[Mapping],
    headings: Sequence[str],
) -> None:
    """Each row a record under the names that the ``header`` gives; no row has more than ``width`` cells."""
    names = column_names([name.strip() for name in header], width)
    mapping = fitting(mappings, "csv", names)
    table = builder.new_group()
    for row in rows:
        fields = dict(zip(names, (cell.strip() for cell in row), strict=False))
        _add_record(builder, fields, mapping, headings, table)


def fits_mapping(rows: Sequence[Sequence[str]], mappings: Sequence[Mapping]) -> bool:
    """Whether a mapping says what the columns are that the first row names."""
    if len(rows) < 2:
        return False
    names = column_names([name.strip() for name in rows[0]], max(map(len, rows[1:])))
    return fitting(mappings, "csv", names) is not None


def _add_record(
    builder: DocumentBuilder, fields: dict[str, str], mapping: Mapping | None, headings: Sequence[str], table: int
) -> None:
    """Without a mapping, which tells what is text, it is a row of the ``table``."""
    if mapping:
        body = "\n\n".join(filter(None, (fields.get(column, "") for column in mapping.text)))
        own = [fields.get(column, "") for column in (mapping.title, mapping.heading) if column]
        metadata = {name: fields.get(column, "") for name, column in mapping.metadata.items()}
    else:
        body, own, metadata = named_row(fields), [], fields
    if body:
        builder.record([*headings, *own], body, metadata, 0 if mapping else table)


def named_row(fields: dict[str, str]) -> str:
    """The values that a record has, each behind its name."""
    return joined([f"{name}: {value}" if name else value for name, value in fields.items() if value])


def joined(cells: Sequence[str]) -> str:
    """As a row on one line, but texts of some length, or of lines, each on its own."""
    is_row = all(len(cell) <= _LONGEST_CELL and "\n" not in cell for cell in cells)
    return ("; " if is_row else "\n").join(cells)


def _value(element: etree._Element, path: str) -> str:
    path, _, attribute = path.rpartition("@") if "@" in path else (path, "", "")
    found = element.find(path.rstrip("/")) if path.rstrip("/") else element
    if found is None:
        return ""
    if attribute:
        return found.get(attribute, "")
    text = "".join(str(part) for part in found.itertext())
    return _INDENT.sub("\n", text).strip()


def _records_in(root: etree._Element) -> list[dict[str, str]]:
    """What each child holds, where all are of a kind and hold nothing but named texts; else nothing."""
    children = list(root.iterfind("*"))
    if len(children) < 2 or len({child.tag for child in children}) > 1:
        return []
    records = [list(_fields(child)) for child in children]
    if not all(records):
        return []
    return [
        {name: ", ".join(value for key, value in fields if key == name) for name, _ in fields} for fields in records
    ]


def _fields(record: etree._Element) -> Iterator[tuple[str, str]]:
    """The names and texts of a record and its attributes; nothing where it holds anything else."""
    inner = list(record.iterfind("*"))
    if (record.text or "").strip() or any(len(child) or (child.tail or "").strip() for child in inner):
        return
    if inner:
        yield from ((str(name), str(value)) for name, value in record.attrib.items())
        yield from ((_local(child), text) for child in inner if (text := " ".join((child.text or "").split())))


def _texts(root: etree._Element) -> list[str]:
    """The text of every outermost element with words of its own, in document order."""
    own = [root.text or "", *(child.tail or "" for child in root)]
    if any(part.strip() for part in own):
        return [_SPACE.sub(" ", "".join(str(part) for part in root.itertext())).strip()]
    return [text for child in root for text in _texts(child)]


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
