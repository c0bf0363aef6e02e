"""What the page says: counts, dates, stages and the one line under an answer. Pure functions, no Streamlit."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from rag.conversations.types import Feedback, Turn
from rag.desk.protocols import Holdings
from rag.types import Answer, Citation, Dropped, Quoted, Reranking, Searching, Writing
from ui.blocks import plain_text

NO_ANSWER = "I found nothing in the documents that answers this."
CLOSEST = "Closest passages"
UNSURE = "This may answer it:"
CONFIRMED = "This answers it, as you said:"
REJECTED = "This does not answer it, as you said:"
YES, NO = "Yes, that is it", "No"
SHORTER = "Shorter"
NOTHING_SHORTER = "No shorter version stood up to the check."
IN_SHORT, WRITTEN = "In short", "Written answer"
SHOW_MORE, SHOW_LESS = "Show more", "Show less"
NOT_CHECKED = "Not checked against the documents"
DAYS_IN_A_WEEK = 7
_WHY: dict[str, str] = {
    "number": "it gives a number that no passage gives",
    "name": "it gives a name that no passage gives",
    "negation": "a “not” was added or lost",
    "limit": "a condition or a doubt was added or lost",
    "opposite": "the passages say the opposite",
    "roles": "it mixes up who does what",
    "reference": "it is not clear what it refers to",
    "not said": "no passage says it",
    "beside the question": "it does not answer the question",
}
"""Why a sentence that was written for an answer is left out of it."""


def counted(number: int, noun: str) -> str:
    """``counted(24310, "passage")`` is ``"24,310 passages"``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def seconds(milliseconds: float) -> str:
    """``seconds(2140)`` is ``"2.1 s"``; from ten seconds on the tenths say nothing and are left out."""
    value = milliseconds / 1000
    return f"{value:.0f} s" if value >= 9.95 else f"{max(value, 0.1):.1f} s"


def ended(text: str) -> str:
    """``text`` as a sentence: errors come without a full stop."""
    return text if not text or text[-1] in ".!?…:" else f"{text}."


def place(title: str, page: int | None) -> str:
    """``place("Glaucoma", 2)`` is ``"Glaucoma, page 2"``."""
    return title if page is None else f"{title}, page {page}"


def stage(turn: Turn) -> str:
    """What the desk does now for an unfinished turn, empty for a finished one."""
    if turn.state == "waiting":
        return "Waiting for its turn"
    if turn.state != "working":
        return ""
    match turn.progress:
        case Searching(passages):
            return f"Searching {counted(passages, 'passage')}"
        case Reranking(passages):
            return f"Reading the {passages:,} best" if passages != 1 else "Reading the best one"
        case Quoted():
            return "Writing"
        case Writing(sentences):
            return f"Writing, {counted(len(sentences), 'sentence')} checked" if sentences else "Writing"
        case None:
            return "Starting"
        case _:
            return "Finishing"


def lead_in(feedback: Feedback | None) -> str:
    """What stands above an answer that is not sure: whether it is one, by what the reader has said of it."""
    return UNSURE if feedback is None else CONFIRMED if feedback.rating == "up" else REJECTED


def left_open(parts: Sequence[str]) -> str:
    """What of a question is not answered; empty where all is.

    >>> left_open(["How is it treated?", "haemodialysis"])
    'I found nothing on: How is it treated? · haemodialysis'
    """
    return f"I found nothing on: {' · '.join(parts)}" if parts else ""


def status(answer: Answer) -> str:
    """The quiet line under an answer: what it is, who made it, how long it took."""
    parts = [_origin(answer)]
    if answer.kind in ("generated", "unchecked", "smalltalk") and answer.engine:
        parts.append(answer.engine)
    if answer.timings.total:
        parts.append(seconds(answer.timings.total))
    if answer.unfitted:
        parts.append(f"not fitted to the models in use: {', '.join(answer.unfitted)}")
    return " · ".join(parts)


def looked_up(wording: str | None) -> str:
    """What was taken for the question, where it is not the message as it was typed."""
    return f"Looked up: {wording}" if wording else ""


def _origin(answer: Answer) -> str:
    match answer.kind:
        case "generated":
            return f"Written from {counted(len(answer.citations), 'passage')}"
        case "extractive":
            return f"Quoted from {_quoted_places(answer.citations)}"
        case "abstained":
            return "No answer found"
        case "smalltalk":
            return "Not from the documents"
        case "unchecked":
            return "Written without looking into the documents"


def _quoted_places(citations: Sequence[Citation]) -> str:
    places = list(dict.fromkeys(place(citation.title, citation.page) for citation in citations))
    if len(places) == 1:
        return places[0]
    titles = list(dict.fromkeys(citation.title for citation in citations))
    return titles[0] if len(titles) == 1 else counted(len(titles) or len(citations), "document")


def copied(answer: Answer, feedback: Feedback | None = None) -> str:
    """The answer as plain text with its sources, for the clipboard; ``feedback`` is what the reader has said of it.

    >>> quote = "Eye drops lower the pressure in the eye."
    >>> cited = Citation(n=1, document=7, title="Glaucoma", page=2, start=0, end=40, quote=quote, score=0.9)
    >>> from rag.types import Sentence
    >>> said = Sentence("Eye drops lower the pressure.", (1,))
    >>> print(copied(Answer("generated", "a model", (said,), (cited,))))
    Eye drops lower the pressure. [1]
    <BLANKLINE>
    Sources
    [1] Glaucoma, page 2: “Eye drops lower the pressure in the eye.”
    """
    lines = [plain_text(answer) or NO_ANSWER]
    if answer.certainty == "unsure":
        lines.insert(0, lead_in(feedback))
    if answer.unanswered:
        lines.append(left_open(answer.unanswered))
    if answer.kind == "unchecked":
        lines.append(f"({NOT_CHECKED})")
    lines.extend(answer.notices)
    for heading, citations in (("Sources", answer.citations), (CLOSEST, answer.related)):
        if citations:
            listed = [f"[{c.n}] {place(c.title, c.page)}: “{' '.join(c.quote.split())}”" for c in citations]
            lines.append("\n".join([heading, *listed]))
    return "\n\n".join(lines)


def remark(feedback: Feedback | None) -> str:
    """What the reader has said of a wrong answer, or the invitation to say it."""
    said = (("Right answer", feedback.right_answer), ("Note", feedback.note)) if feedback else ()
    return " · ".join(f"{name}: {text}" for name, text in said if text) or "Say what would be right"


def why_left_out(dropped: Dropped) -> str:
    """Why a sentence was left out; empty where an answer of an earlier version gives a reason that is not known now."""
    return _WHY.get(dropped.reason, "")


def left_out(dropped: Sequence[Dropped]) -> str:
    """How many were left out, and why where the reason is the same for all; empty where there are none.

    >>> left_out([Dropped("It cost 5 euros.", "number"), Dropped("It is red.", "not said")])
    '2 sentences were left out: no passage supports them'
    """
    if not dropped:
        return ""
    counted, them = ("1 sentence was", "it") if len(dropped) == 1 else (f"{len(dropped):,} sentences were", "them")
    beside = sum(sentence.reason == "beside the question" for sentence in dropped)
    if beside == 0:
        return f"{counted} left out: no passage supports {them}"
    return f"{counted} left out" if beside < len(dropped) else f"{counted} left out: beside the question"


def holdings_line(holdings: Holdings, *, zone: tzinfo, locale: str, now: datetime) -> str:
    """``"5,497 documents, last changed today at 14:05"``."""
    line = counted(holdings.documents, "document")
    changed = moment(holdings.changed_at, zone=zone, locale=locale, now=now)
    return f"{line}, last changed {changed}" if changed else line


def zone_named(name: str | None) -> tzinfo:
    """The reader's time zone as the browser names it, UTC where it is unknown here."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return UTC


def moment(iso: str, *, zone: tzinfo, locale: str, now: datetime) -> str:
    """A stored time in the reader's form: "today at 14:05", "yesterday at 14:05", "3 May 2026"; empty if unreadable."""
    then = _local(iso, zone)
    if then is None:
        return ""
    american = locale.lower().endswith("-us")
    days = (now.astimezone(zone).date() - then.date()).days
    if days in (0, 1):
        clock = f"{then:%I:%M %p}".lstrip("0") if american else f"{then:%H:%M}"
        return f"{'today' if days == 0 else 'yesterday'} at {clock}"
    return f"{then:%B} {then.day}, {then.year}" if american else f"{then.day} {then:%B} {then.year}"


def day(iso: str, *, zone: tzinfo, now: datetime) -> str:
    """The heading a conversation stands under in the list."""
    then = _local(iso, zone)
    if then is None:
        return "Earlier"
    days = (now.astimezone(zone).date() - then.date()).days
    if days <= 1:
        return "Yesterday" if days == 1 else "Today"
    return "Last seven days" if days <= DAYS_IN_A_WEEK else "Earlier"


def _local(iso: str, zone: tzinfo) -> datetime | None:
    try:
        then = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone(zone)
