"""E-mail (.eml): subject, people and date, and what was written, by whom. What is attached is handed on as parts."""

import email
import io
import mimetypes
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path

from PIL import Image

from ingest.readers.base import Part, ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode
from ingest.readers.hidden import leave_out_hidden, take_sheet
from ingest.readers.html import add_tree, html_tree
from ingest.readers.quotations import add_written, mark_quotations, unprefixed
from ingest.readers.registry import format_of

_HEADERS = ("From", "To", "Cc", "Date")
_SOURCE = policy.default.clone(refold_source="none")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_ENVELOPES = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_FOR_MACHINES = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_ENDINGS = {"text/plain": ".txt", "text/html": ".html", "message/rfc822": ".eml", "message/global": ".eml"}
_LONGEST_NAME = 100
_MOST_OF_A_LOGO = 640 * 400
"""Pixels. A picture within the text that has more may be a page or a screen; those of signatures have fewer."""
_FEWEST_OF_A_TEXT = 0.5
"""A plain version with a smaller share of the words of the other one is no version of it."""


@dataclass
class _Contents:
    """What a message holds: texts as they follow each other, and what is attached."""

    texts: list[MIMEPart] = field(default_factory=list)
    attached: list[MIMEPart] = field(default_factory=list)
    encrypted: bool = False


def read_mail(data: bytes, _: ReadOptions) -> ReadDocument:
    message = _message(data)
    contents = _contents(message)
    if contents.encrypted and not contents.texts:
        raise Refused("encrypted", "The message is encrypted, or in a sealed envelope (S/MIME).")
    builder = DocumentBuilder()
    builder.heading(1, _subject(message))
    with builder.table():
        builder.row("; ".join(f"{name}: {said}" for name in _HEADERS if (said := _header(message, name))))
    for text in contents.texts:
        _add(builder, text, _subject(message))
    if names := [name for name, _ in _named(contents.attached)]:
        builder.paragraph("Attachments: " + ", ".join(names))
    return builder.build()


def parts_of_mail(data: bytes) -> Iterator[Part]:
    """What is attached to a message: files, and messages that are sent on. Raises Refused."""
    message = _message(data)
    about = unprefixed(_subject(message))
    for name, part in _named(_contents(message).attached):
        yield Part(name, _bytes(part), about)


def _message(data: bytes) -> EmailMessage:
    message: EmailMessage = email.message_from_bytes(data, policy=policy.default)
    if not any(name in message for name in ("Subject", *_HEADERS)):
        raise Refused("damaged", "This is no e-mail: it has no header.")
    return message


def _subject(message: MIMEPart) -> str:
    return _header(message, "Subject")


def _header(part: MIMEPart, name: str) -> str:
    """The value of a header, empty where there is none; as it is written, where that is against the rules."""
    try:
        said = part.get(name)
    except Exception:  # the standard library raises whatever it stumbles over
        said = next((value for key, value in part.raw_items() if key.lower() == name.lower()), "")
    return " ".join(str(said or "").split())


# What is in it


def _contents(message: MIMEPart) -> _Contents:
    contents = _Contents()
    _collect(message, contents)
    shown = {
        found for text in contents.texts if _is_html(text) for found in re.findall(r"cid:([^\s\"'>]+)", _text(text))
    }
    contents.attached = [
        part for part in contents.attached if _header(part, "Content-ID").strip(" <>") not in shown or _is_large(part)
    ]
    return contents


def _collect(part: MIMEPart, into: _Contents) -> None:
    kind, inner = part.get_content_type(), _inner(part)
    if kind in _ENVELOPES:
        into.encrypted = True
    elif kind == "multipart/alternative":
        versions = [_Contents() for _ in inner]
        for one, version in zip(inner, versions, strict=True):
            _collect(one, version)
        into.texts += _best([version.texts for version in versions if version.texts])
        # A calendar or a picture that says the same again is no attachment; what stands within a version may be.
        into.attached += [
            one for version, own in zip(versions, inner, strict=True) if _inner(own) for one in version.attached
        ]
        into.encrypted |= any(version.encrypted for version in versions)
    elif kind == "multipart/related":
        for number, one in enumerate(inner):
            if number == 0 or one.get_content_maintype() != "image" or _is_large(one):
                _collect(one, into)
    elif kind == "multipart/signed":
        for one in inner[:1]:
            _collect(one, into)
    elif part.get_content_maintype() == "multipart":
        for one in inner:
            _collect(one, into)
        if not inner and isinstance(part.get_payload(), str):
            into.texts.append(part)
    elif kind in ("text/plain", "text/html") and not part.is_attachment() and not _file_name(part):
        into.texts.append(part)
    elif kind not in _SIGNATURES | _FOR_MACHINES:
        into.attached.append(part)


def _inner(part: MIMEPart) -> list[MIMEPart]:
    is_message = part.get_content_maintype() == "message"
    return list(part.iter_parts()) if part.is_multipart() and not is_message else []


def _best(versions: Sequence[list[MIMEPart]]) -> list[MIMEPart]:
    """Of a text in several versions the plain one, unless another says more, or in a table."""
    plain = next((one for one in versions if not any(map(_is_html, one))), [])
    rich = next((one for one in versions if any(map(_is_html, one))), [])
    if not plain or not rich:
        return plain or rich
    spoken, written = (_words(one) for one in (plain, rich))
    return rich if spoken < _FEWEST_OF_A_TEXT * written or any(map(_has_table, rich)) else plain


def _words(texts: Sequence[MIMEPart]) -> int:
    builder = DocumentBuilder()
    for text in texts:
        _add(builder, text, "")
    return sum(len(page.text.split()) for page in builder.build().pages)


def _has_table(text: MIMEPart) -> bool:
    """Whether there are three rows of as many cells, as there are where cells are no mere frame of the text."""
    with suppress(ValueError):
        for table in html_tree(_text(text)).iter("table"):
            rows = [sum(bool(cell.text_content().strip()) for cell in row) for row in table.iter("tr")]
            if table.find(".//table") is None and len(rows) > 2 and min(rows) == max(rows) > 1:
                return True
    return False


def _is_html(part: MIMEPart) -> bool:
    return part.get_content_type() == "text/html"


def _is_large(part: MIMEPart) -> bool:
    """Whether it is no picture, or one that is larger than those of signatures are."""
    if part.get_content_maintype() != "image":
        return True
    with suppress(Exception), Image.open(io.BytesIO(_bytes(part))) as picture:
        return picture.width * picture.height > _MOST_OF_A_LOGO
    return False


# Its texts


def _add(builder: DocumentBuilder, text: MIMEPart, subject: str) -> None:
    content = _text(text)
    if not _is_html(text):
        flowed = text.get_param("format") == "flowed"
        add_written(builder, content, subject, flowed=flowed, joined=text.get_param("delsp") == "yes")
        return
    with suppress(ValueError):
        tree = html_tree(content)
        leave_out_hidden(tree, take_sheet(tree))
        mark_quotations(tree, subject)
        add_tree(builder, tree)


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content(errors="strict"))
    except (LookupError, UnicodeError, TypeError):  # no such encoding, or not the one that was used
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            return decode(payload)[0]
        return str(part.get_payload()) if isinstance(part.get_payload(), str) else ""


# What is attached


def _bytes(part: MIMEPart) -> bytes:
    inner = part.get_payload(0) if part.is_multipart() else None
    if isinstance(inner, MIMEPart):
        if _header(part, "Content-Transfer-Encoding").lower() == "base64":  # against RFC 2046, and common
            inner.add_header("Content-Transfer-Encoding", "base64")
            encoded = inner.get_payload(decode=True)
            return encoded if isinstance(encoded, bytes) else b""
        for source in (_SOURCE, policy.compat32):
            with suppress(Exception):  # letters that are not as the message says, or in no encoding that there is
                return inner.as_bytes(policy=source)
        return b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _named(parts: Sequence[MIMEPart]) -> Iterator[tuple[str, MIMEPart]]:
    """The parts, each under a name of its own: a second menu.txt is "menu (2).txt"."""
    taken: set[str] = set()
    for part in parts:
        name = Path(_name(part))
        given, number = str(name), 1
        while given.casefold() in taken:
            number += 1
            given = f"{name.stem} ({number}){name.suffix}"
        taken.add(given.casefold())
        yield given, part


def _name(part: MIMEPart) -> str:
    """The name of its file, or the subject of a message; with an ending by its kind where its own tells nothing."""
    kind = part.get_content_type()
    name = _file_name(part)
    if not name and isinstance(inner := part.get_payload(0) if part.is_multipart() else None, MIMEPart):
        name = _subject(inner) or "message"
    name = "".join(c if c.isprintable() and c not in "/\\" else " " for c in name or "attachment")
    name = " ".join(name.split()).strip(".") or "attachment"
    ending = Path(name).suffix
    if format_of(Path(name)) is None:
        known = _ENDINGS.get(kind) or (mimetypes.guess_extension(kind) or "" if not ending else "")
        name, ending = (name + known, known) if known and known != ".bin" else (name, ending)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(ending)].rstrip() + ending


def _file_name(part: MIMEPart) -> str:
    with suppress(Exception):  # the header may be anything
        return str(part.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    return ""
