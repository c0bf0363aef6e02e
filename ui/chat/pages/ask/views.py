"""A turn, a source and the holdings as the plain data that the page's components draw. Pure functions, no Streamlit.

The components build the page with ``textContent`` only, so nothing here needs escaping, and nothing here may be markup.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from rag.conversations.types import LONGEST_REMARK, Conversation, Feedback, Turn
from rag.desk.protocols import SourceView
from rag.types import Answer, Citation, Sentence, Writing
from ui import texts
from ui.blocks import words
from ui.chat.pages.ask.blocks import block_views, chip_views, source_key
from ui.chat.views import View, marked_parts

LONG_WORDS = 40
"""A quoted answer of so many words can be said in fewer."""
JUDGED = ("generated", "extractive", "abstained")
"""The kinds of answers that can be right or wrong by the documents."""


def turn_view(turn: Turn, active: str, *, can_write: bool = False) -> View:
    """Everything one turn shows. ``active`` is the key of the open source, empty when none is open in this turn.

    A quoted answer stays where it is when a written one comes, which stands under it.
    """
    progress = _written(turn)
    quoted, written = versions(turn)
    answer = turn.answer
    return {
        "question": turn.question,
        "state": turn.state,
        "stage": texts.stage(turn),
        "answer": answer_view(quoted, turn.feedback) if quoted else None,
        "beside": beside_view(written, quoted, texts.WRITTEN if written is answer else texts.IN_SHORT)
        if quoted and written
        else None,
        "judged": "beside" if written and written is answer else "answer",
        "shorter": texts.SHORTER if can_write and _can_be_shorter(turn) else "",
        "writing": _sentences(progress.sentences, progress.citations) if progress else [],
        "failure": failure_view(turn) if turn.state == "failed" else None,
        "feedback": feedback_view(turn) if answer and answer.kind in JUDGED else None,
        "active": active,
    }


def versions(turn: Turn) -> tuple[Answer | None, Answer | None]:
    """What stands first, and what a generator made of it, which stands under it."""
    if turn.beside and turn.beside.kind == "extractive":
        return turn.beside, turn.answer
    return turn.answer, turn.beside


def beside_view(written: Answer, quoted: Answer, title: str) -> View:
    """A written answer under the quoted one it was made of, or that none stood up to the check."""
    view = answer_view(written) | {"title": title}
    if written.kind == "abstained":
        view |= {"title": "", "blocks": [], "status": texts.NOTHING_SHORTER, "copy": ""}
    return view | {"notices": [notice for notice in written.notices if notice not in quoted.notices]}


def _can_be_shorter(turn: Turn) -> bool:
    answer = turn.answer
    if answer is None or answer.kind != "extractive" or turn.beside or turn.state in ("waiting", "working"):
        return False
    return sum(words(sentence.text) for sentence in answer.sentences) >= LONG_WORDS


def _written(turn: Turn) -> Writing | None:
    """Checked sentences that no answer holds yet: while they are being written, and when the writing was stopped."""
    return turn.progress if turn.state in ("working", "stopped") and isinstance(turn.progress, Writing) else None


def answer_view(answer: Answer, feedback: Feedback | None = None) -> View:
    """``feedback`` is what the reader has said of it."""
    said = answer
    if not said.sentences and said.kind == "abstained":
        said = replace(said, sentences=(Sentence(texts.NO_ANSWER, ()),))
    return {
        "kind": answer.kind,
        "label": texts.NOT_CHECKED if answer.kind == "unchecked" else "",
        "lookedUp": texts.looked_up(answer.looked_up),
        "unsure": unsure_view() if answer.certainty == "unsure" else None,
        "blocks": block_views(said),
        "fold": [texts.SHOW_MORE, texts.SHOW_LESS],
        "leftOpen": texts.left_open(answer.unanswered),
        "notices": list(answer.notices),
        "status": texts.status(answer),
        "copy": texts.copied(answer, feedback),
        "leftOut": {
            "summary": texts.left_out(answer.dropped),
            "sentences": [{"text": dropped.text, "why": texts.why_left_out(dropped)} for dropped in answer.dropped],
        },
        "closest": texts.CLOSEST,
        "related": [
            {
                "key": source_key(citation, related=True),
                "place": texts.place(citation.title, citation.page),
                "quote": " ".join(citation.quote.split()),
            }
            for citation in answer.related
        ],
    }


def unsure_view() -> View:
    """What is said above an answer that may be one, before and after the reader says whether it is."""
    return {
        "leads": {"": texts.UNSURE, "up": texts.CONFIRMED, "down": texts.REJECTED},
        "yes": texts.YES,
        "no": texts.NO,
    }


def _sentences(sentences: Iterable[Sentence], citations: Sequence[Citation]) -> list[View]:
    """Sentences as they are written, one after the other."""
    by_number = {citation.n: citation for citation in citations}
    return [
        {"parts": marked_parts(sentence.text, None), "chips": chip_views(sentence, by_number)} for sentence in sentences
    ]


def citations_of(turn: Turn) -> dict[str, Citation]:
    """Every openable passage of a turn, by the key its button sends, in reading order."""
    written = _written(turn)
    shown = [citation for version in versions(turn) if version for citation in version.citations]
    found = {source_key(citation): citation for citation in [*shown, *(written.citations if written else ())]}
    related = turn.answer.related if turn.answer else ()
    return found | {source_key(citation, related=True): citation for citation in related}


def steps_view(key: str, keys: Sequence[str]) -> View:
    """Where an open source stands among its neighbours; ``keys`` holds passages of the same sort only."""
    here = keys.index(key)
    return {
        "key": key,
        "related": key.startswith("r"),
        "position": f"{here + 1} of {len(keys)}",
        "previous": keys[here - 1] if here > 0 else "",
        "next": keys[here + 1] if here + 1 < len(keys) else "",
    }


def source_view(source: SourceView, citation: Citation) -> View:
    """One open source: the passage in its surroundings, and the words to copy."""
    return {
        "title": source.title,
        "page": "" if source.page is None else f"Page {source.page}",
        "heading": source.heading,
        "path": source.path,
        "before": source.before,
        "marked": source.marked,
        "after": source.after,
        "copy": f"“{' '.join(citation.quote.split())}”\n{texts.place(source.title, source.page)}",
    }


def feedback_view(turn: Turn) -> View:
    """What the reader thinks of the answer so far, and what it takes to say it."""
    given = turn.feedback
    return {
        "rating": given.rating if given else None,
        "remark": texts.remark(given),
        "rightAnswer": given.right_answer if given else "",
        "note": given.note if given else "",
        "longest": LONGEST_REMARK,
    }


def failure_view(turn: Turn) -> View:
    """What happened, why, and what is safe; the page adds the button to ask again."""
    safe = "The question, the conversation and the documents are kept as they were."
    return {
        "what": "Writing the answer failed." if turn.answer else "This question was not answered.",
        "why": texts.ended(turn.error),
        "safe": f"What is shown above was checked and stands. {safe}" if turn.answer else safe,
    }


def shelf_groups(
    conversations: Iterable[Conversation], current: str | None, *, zone: tzinfo, now: datetime
) -> list[View]:
    """Conversations under the day they were last used on, in the order given."""
    groups: dict[str, list[View]] = {}
    for conversation in conversations:
        entry: View = {
            "id": conversation.id,
            "title": conversation.title or "Untitled",
            "current": conversation.id == current,
        }
        groups.setdefault(texts.day(conversation.updated_at, zone=zone, now=now), []).append(entry)
    return [{"day": day, "conversations": entries} for day, entries in groups.items()]
