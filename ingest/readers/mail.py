"""E-mail (.eml): subject, people and date, and what was written. Attachments are named, not read."""

import email
from contextlib import suppress
from email import policy
from email.message import EmailMessage, MIMEPart

from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode
from ingest.readers.html import add_html
from ingest.readers.text import add_text

_HEADERS = ("From", "To", "Cc", "Date")


def read_mail(data: bytes, _: ReadOptions) -> ReadDocument:
    message: EmailMessage = email.message_from_bytes(data, policy=policy.default)
    if not any(name in message for name in ("Subject", *_HEADERS)):
        raise Refused("damaged", "This is no e-mail: it has no header.")
    builder = DocumentBuilder()
    builder.heading(1, str(message.get("Subject", "")))
    with builder.table():
        builder.row("; ".join(f"{header}: {message[header]}" for header in _HEADERS if message[header]))
    body = message.get_body(("plain", "html"))
    if body is not None:
        content = _content(body)
        if body.get_content_subtype() == "html":
            with suppress(ValueError):
                add_html(builder, content)
        else:
            add_text(builder, content)
    names = [name for part in message.iter_attachments() if (name := part.get_filename())]
    if names:
        builder.paragraph("Attachments: " + ", ".join(names))
    return builder.build()


def _unflowed(text: str) -> str:
    """A text whose lines go on below where they end with a blank (RFC 3676), with each paragraph on one line."""
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        if flows and not line.startswith(">"):
            lines[-2] += line
        else:
            lines += [line, ""] if line.endswith(" ") else [line]
        flows = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(lines)


def _content(body: MIMEPart) -> str:
    try:
        content = str(body.get_content(errors="strict"))
        return _unflowed(content) if body.get_param("format") == "flowed" else content
    except (LookupError, UnicodeDecodeError):  # an encoding that does not exist, or is not the one that was used
        payload = body.get_payload(decode=True)
        return decode(payload)[0] if isinstance(payload, bytes) else ""
