"""A desk that behaves: in memory, with scripted answers, one step forward each time it is looked at.

It keeps the promises of ``rag.desk.protocols``, as tests/desk/test_desk_contract.py says, and stands in for the real
one in the tests and while the page is being made: ``python -m tests.ui.fake_desk [PORT] [LOOKS] [DOCUMENTS] [HOME]``.
"""

import functools
import itertools
import sys
import tempfile
import threading
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, get_args

from ingest.sources.uploads import kept_under, upload_path
from rag.access.types import LOCAL_OWNER, Principal, require_curator, scope_of
from rag.components import Components
from rag.conversations.types import LONGEST_REMARK, Conversation, Feedback, Rating, Turn
from rag.desk.answers import checked_question
from rag.desk.evaluations import DeskEvaluations
from rag.desk.forms import DeskForms
from rag.desk.jobs import DeskJobs
from rag.desk.maintenance import DeskMaintenance
from rag.desk.models import DeskModels
from rag.desk.protocols import Holdings, SourceView
from rag.desk.training import DeskTraining
from rag.evaluation.types import UNEDITED, Trial
from rag.extraction.form_store import FormStore
from rag.extraction.service import FormService
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import JobQueue
from rag.settings.model import load_settings
from rag.training.runs.store import Runs
from rag.types import (
    Answer,
    Citation,
    Done,
    Dropped,
    Event,
    Exchange,
    Form,
    Quoted,
    Reranking,
    Searching,
    Sentence,
    Timings,
    Writing,
)
from tests.jobs.memory_queue import MemoryJobQueue
from tests.ui.composed import FORMS, SHEET
from tests.ui.curated import CAUTION, Attempt, fill
from tests.ui.fake_forms import FakeFormDesk
from tests.ui.trained import fill_runs
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import Chunk, Collection, Document, Page, Passage, Refusal, Scope, SoftDeletedDocument

GLAUCOMA = "\n\n".join(
    (
        "Glaucoma is a group of diseases that damage the optic nerve. It is among the leading causes of blindness in "
        "people over sixty, and it often has no early signs.",
        "Nearly everyone with open-angle glaucoma is treated first with eye drops. Eye drops lower the pressure in the "
        "eye, either by making less fluid or by helping it to drain. They have to be used every day, for life, even "
        "where nothing is felt.",
        "Where drops do not lower the pressure enough, a laser can open the drainage canals. Laser trabeculoplasty "
        "takes a few minutes in the doctor's office and its effect fades over some years. Surgery makes a new opening "
        "for the fluid to leave the eye.",
        "Lost sight does not come back, so treatment protects what remains. People over forty should have their eyes "
        "examined with wide pupils every two to four years.",
        *SHEET,
    )
)
PRESSURE = (
    "Eye pressure is measured in millimetres of mercury. Values between 10 and 21 are usual. A single high value is no "
    "diagnosis: glaucoma can occur at usual pressures, and many people with raised pressure never develop it."
)

HOSTILE = """Before. <img src=x onerror="document.title='owned'"> ![picture](http://evil.example/pixel.png) \
<script>document.title='owned'</script> ```mermaid
graph TD; A-->B
``` After."""

DOCUMENTS = {1: ("Glaucoma", GLAUCOMA), 2: ("Eye pressure", PRESSURE), 3: ("<b>Hostile</b> *paper*", HOSTILE)}


def cite(n: int, document: int, quote: str, page: int | None = 2, score: float = 0.9) -> Citation:
    """A true citation: the quote stands at these offsets in the document."""
    title, text = DOCUMENTS[document]
    start = text.index(quote)
    return Citation(n, document, title, page, start, start + len(quote), quote, score)


DROPS = "Nearly everyone with open-angle glaucoma is treated first with eye drops."
LASER = "Where drops do not lower the pressure enough, a laser can open the drainage canals."
LOST = "Lost sight does not come back, so treatment protects what remains."
USUAL = "Values between 10 and 21 are usual."

QUOTED = Answer(
    "extractive",
    "extractive",
    (Sentence(DROPS, (1,)),),
    (cite(1, 1, DROPS),),
    short_answer="eye drops",
    timings=Timings(total=610),
)
WRITTEN_SENTENCES = (
    Sentence("Glaucoma is usually treated with eye drops first, which lower the pressure in the eye.", (1, 3)),
    Sentence("Where drops are not enough, a laser can open the drainage canals.", (2,)),
    Sentence("Treatment protects the sight that remains, because lost sight does not come back.", (4,)),
)
WRITTEN_CITATIONS = (cite(1, 1, DROPS), cite(2, 1, LASER, 3), cite(3, 2, USUAL, None), cite(4, 1, LOST, 3))
WRITTEN = Answer(
    "generated",
    "SmolLM2-135M",
    WRITTEN_SENTENCES,
    WRITTEN_CITATIONS,
    timings=Timings(120, 480, 610, 900, 2140),
)


def _composed() -> Answer:
    told = [(form, label, text) for form, label, texts in (("prose", "", (DROPS,)), *FORMS) for text in texts]
    citations = tuple(cite(n, 1, text) for n, (_, _, text) in enumerate(told, start=1))
    sentences = tuple(Sentence(text, (n,), form, label) for n, (form, label, text) in enumerate(told, start=1))
    timings = Timings(total=610)
    return Answer("extractive", "extractive", sentences, citations, short_answer="eye drops", timings=timings)


COMPOSED = _composed()
UNSURE = replace(QUOTED, certainty="unsure")
SHORTER = Answer(
    "generated",
    "SmolLM2-135M",
    (Sentence("Glaucoma is treated first with eye drops.", (1,)),),
    (cite(1, 1, DROPS),),
    timings=Timings(total=1800),
)
INVENTED = "Eye drops cure glaucoma in 9 of 10 people."
LEFT_OUT = replace(
    QUOTED,
    dropped=(Dropped(INVENTED, "number"), Dropped("They were first made by Albrecht von Graefe.", "name")),
)
ABSTAINED = Answer(
    "abstained",
    "extractive",
    related=(cite(1, 2, USUAL, None, 0.41), cite(2, 1, LASER, 3, 0.33)),
    timings=Timings(total=420),
)
HOSTILE_ANSWER = Answer(
    "generated",
    "<i>model</i>",
    (
        *(Sentence(HOSTILE, (1,), form, HOSTILE) for form in get_args(Form)),
        Sentence("[link](javascript:alert(1)) **bold**", (1,)),
    ),
    (cite(1, 3, HOSTILE, None),),
    timings=Timings(total=300),
)
UNCHECKED = Answer("unchecked", "tuned-model", (Sentence("This was not looked up.", ()),), timings=Timings(total=800))
SMALLTALK = Answer(
    "smalltalk",
    "fixed reply",
    (Sentence("You are welcome. Ask again whenever there is something to look up.", ()),),
    timings=Timings(total=20),
)

SUGGESTED = {
    "How is glaucoma treated?": 1,
    "What is a usual eye pressure?": 2,
    "How often should eyes be examined?": 1,
    "Does lost sight come back?": 1,
}
"""With the document that answers it."""
SUGGESTIONS = tuple(SUGGESTED)
UNFINISHED = ("waiting", "working")


@dataclass(frozen=True)
class Script:
    """The events of one answer, and whether the turn fails after the last of them."""

    events: tuple[Event, ...]
    error: str = ""


def script_for(question: str, seen: Container[int]) -> Script:
    """What the desk does with a question, by a word in it; documents that are not ``seen`` are not found."""
    script = _script_for(question)
    for event in script.events:
        if isinstance(event, Quoted | Done):
            shown = (*event.answer.citations, *event.answer.related)
            if not all(citation.document in seen for citation in shown):
                return Script((Searching(0), Done(Answer("abstained", "extractive", timings=Timings(total=1)))))
    return script


def _script_for(question: str) -> Script:
    search: tuple[Event, ...] = (Searching(24_310), Reranking(12))
    asked = question.lower()
    if "capital" in asked:
        return Script((*search, Done(ABSTAINED)))
    if "<img" in asked:
        return Script((*search, Done(HOSTILE_ANSWER)))
    if "invent" in asked:
        return Script((*search, Done(LEFT_OUT)))
    if "all about" in asked:
        return Script((*search, Done(COMPOSED)))
    if "one word" in asked:
        return Script((*search, Done(COMPOSED)))
    if "perhaps" in asked:
        return Script((*search, Done(UNSURE)))
    if "quote" in asked:
        return Script((*search, Done(QUOTED)))
    if "unchecked" in asked:
        return Script((Done(UNCHECKED),))
    if "thank" in asked:
        return Script((Done(SMALLTALK),))
    if "break" in asked:
        return Script(search, "The writing model ran out of memory. Ask again, or choose a smaller model with --model.")
    writing = tuple(Writing(WRITTEN_SENTENCES[:made], WRITTEN_CITATIONS) for made in range(len(WRITTEN_SENTENCES)))
    return Script((*search, Quoted(QUOTED), *writing, Done(WRITTEN)))


LONGEST_QUESTION = 4_000
INDEXED_AT = "2026-05-04T12:00:00+00:00"
QUEUE = 16


class FakeConversations:
    """Answers go one event further whenever ``pace()`` says so, asked once for every look at them.

    So a test decides how fast the desk is, and never a clock. What is finished is never taken back.
    """

    def __init__(self, pace: Callable[[], bool], documents: "FakeDocuments") -> None:
        self._documents = documents
        self._lock = threading.RLock()
        self._pace = pace
        self._ids = itertools.count(1)
        self._kept: dict[str, tuple[Principal, Conversation]] = {}
        self._steps: dict[int, Iterator[Turn]] = {}

    def ask(self, principal: Principal, scope: Scope, question: str, conversation: str | None = None) -> str:
        question = checked_question(question, LONGEST_QUESTION)
        with self._lock:
            waiting = sum(turn.state == "waiting" for _, one in self._kept.values() for turn in one.turns)
            if waiting >= QUEUE:
                raise RefdeskError("Too many questions are waiting", remedy="Ask again in a moment.")
            turn = Turn(next(self._ids), question, "waiting")
            known = self._own(principal, conversation or "") or Conversation(f"talk-{turn.id}", question[:80], "")
            self._steps[turn.id] = _steps(turn, script_for(question, self._documents.seen(principal, scope)))
            self._put(principal, replace(known, turns=(*known.turns, turn)))
            return known.id

    def list(self, principal: Principal) -> tuple[Conversation, ...]:
        with self._lock:
            own = [one for owner, one in self._kept.values() if owner == principal]
        return tuple(replace(one, turns=()) for one in sorted(own, key=lambda one: one.updated_at, reverse=True))

    def get(self, principal: Principal, conversation: str) -> Conversation | None:
        with self._lock:
            if found := self._own(principal, conversation):
                self._look(principal, found)
            return self._own(principal, conversation)

    def stop(self, principal: Principal, conversation: str) -> None:
        with self._lock:
            if found := self._own(principal, conversation):
                turns = (replace(t, state="stopped") if t.state in ("waiting", "working") else t for t in found.turns)
                self._put(principal, replace(found, turns=tuple(turns)))

    def shorten(self, principal: Principal, scope: Scope, conversation: str, turn: int) -> None:
        with self._lock:
            found = self._own(principal, conversation)
            for one in found.turns if found else ():
                quoted = one.answer and one.answer.kind == "extractive"
                if found and one.id == turn and quoted and one.beside is None and one.state not in UNFINISHED:
                    self._steps[turn] = _shortening(one)
                    waiting = replace(one, state="waiting")
                    self._put(principal, replace(found, turns=tuple(waiting if t is one else t for t in found.turns)))

    def delete(self, principal: Principal, conversation: str) -> None:
        with self._lock:
            if self._own(principal, conversation):
                del self._kept[conversation]

    def rate(
        self,
        principal: Principal,
        conversation: str,
        turn: int,
        rating: Rating | None,
        *,
        right_answer: str = "",
        note: str = "",
    ) -> None:
        given = Feedback(rating, right_answer, note, datetime.now(UTC).isoformat()) if rating else None
        if max(len(right_answer), len(note)) > LONGEST_REMARK:
            raise UsageError("The remark is too long", remedy=f"Use at most {LONGEST_REMARK:,} characters.")
        with self._lock:
            if found := self._own(principal, conversation):
                turns = (
                    replace(t, feedback=given) if t.id == turn and t.answer and t.state not in UNFINISHED else t
                    for t in found.turns
                )
                self._put(principal, replace(found, turns=tuple(turns)))

    def put(self, principal: Principal, conversation: Conversation) -> None:
        """Have a conversation as if it had been held."""
        self._kept[conversation.id] = principal, conversation

    def _own(self, principal: Principal, conversation: str) -> Conversation | None:
        owner, found = self._kept.get(conversation, (None, None))
        return found if owner == principal else None

    def _put(self, principal: Principal, conversation: Conversation) -> None:
        self.put(principal, replace(conversation, updated_at=datetime.now(UTC).isoformat()))

    def _look(self, principal: Principal, conversation: Conversation) -> None:
        """Let the first unfinished turn go one event further, if the pace allows it."""
        turn = next((turn for turn in conversation.turns if turn.state in UNFINISHED), None)
        if turn is None or not self._pace():
            return
        moved = next(self._steps[turn.id])
        turns = tuple(moved if t.id == turn.id else t for t in conversation.turns)
        self._put(principal, replace(conversation, turns=turns))


class FakeQuestions:
    """Answers by a script, all at once."""

    def __init__(self, documents: "FakeDocuments", attempt: Attempt) -> None:
        self._documents = documents
        self._attempt = attempt

    def engine_name(self, principal: Principal) -> str:
        return "llama.cpp · SmolLM2-135M-Instruct"

    def can_write(self, principal: Principal) -> bool:
        return True

    def answer(
        self,
        principal: Principal,
        scope: Scope,
        question: str,
        *,
        before: Sequence[Exchange] = (),
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        question = checked_question(question, LONGEST_QUESTION)
        return iter(script_for(question, self._documents.seen(principal, scope)).events)

    def search(self, principal: Principal, scope: Scope, query: str, limit: int = 12) -> tuple[Passage, ...]:
        words = query.lower().split()
        found = [
            Passage(Chunk(number, number, title, f"{title}.txt", None, 0, len(text), title, text), 0.5, 0.5, 0.5)
            for number, (title, text) in DOCUMENTS.items()
            if number in self._documents.seen(principal, scope) and any(word in text.lower() for word in words)
        ]
        return tuple(found[:limit])

    def suggestions(self, principal: Principal, scope: Scope) -> tuple[str, ...]:
        seen = self._documents.seen(principal, scope)
        return tuple(question for question, document in SUGGESTED.items() if document in seen)

    def try_out(self, principal: Principal, scope: Scope, question: str, edits: Mapping[int, str] = UNEDITED) -> Trial:
        return self._attempt(question, scope_of(principal, scope), edits)


class FakeDocuments:
    """Three documents, in a collection each, that say they were many more."""

    longest_file = 1024**2
    days_restorable = 7

    def __init__(self, home: Path, documents: int) -> None:
        self._home = home
        self._many = documents
        self._removed: dict[int, str] = {}
        self._notices: dict[str, str] = {}

    def seen(self, principal: Principal, scope: Scope) -> set[int]:
        return {document.id for document in self._seen(principal, scope)}

    def holdings(self, principal: Principal, scope: Scope) -> Holdings:
        seen = self._seen(principal, scope)
        everything = len(seen) == len(DOCUMENTS)
        documents, chunks = (self._many, 24_310) if everything else (len(seen), len(seen))
        changed = (datetime.now(UTC) - timedelta(days=1)).isoformat() if documents else ""
        return Holdings(documents, chunks, tuple(one.collection for one in seen) if documents else (), changed)

    def totals(self, principal: Principal, scope: Scope) -> dict[str, Any]:
        held = self.holdings(principal, scope)
        collections = dict.fromkeys(held.collections, 1)
        counts = {"documents": held.documents, "contents": held.documents, "units": held.documents}
        return {**counts, "chunks": held.chunks, "collections": collections, "embedding": "", "changed_at": ""}

    def find(
        self,
        principal: Principal,
        scope: Scope,
        words: Sequence[str] = (),
        limit: int | None = None,
        *,
        incomplete: bool = False,
    ) -> tuple[int, list[Document]]:
        seen = [one for one in self._seen(principal, scope) if one.notes or not incomplete]
        found = [one for one in seen if all(word.lower() in one.title.lower() for word in words)]
        return len(found), sorted(found, key=lambda one: one.title)[:limit]

    def show(self, principal: Principal, scope: Scope, reference: str) -> tuple[Document, tuple[Page, ...]]:
        (document,) = self._named(principal, scope, [reference])
        return document, (Page(None, 0, DOCUMENTS[document.id][1]),)

    def source(self, principal: Principal, scope: Scope, citation: Citation) -> SourceView:
        document = next((one for one in self._seen(principal, scope) if one.id == citation.document), None)
        if document is None:
            what = "This source is no longer in the knowledge base"
            raise UsageError(what, where=citation.title, remedy="Ask again to see what it says now.")
        title, text = DOCUMENTS[document.id]
        if text[citation.start : citation.end] != citation.quote:
            what = "This document has changed since"
            raise UsageError(what, where=citation.title, remedy="Ask again to see what it says now.")
        before, after = text[: citation.start], text[citation.end :]
        place = (2, "Treatment") if document.id == 1 else (None, "")
        return SourceView(document.id, title, document.path, *place, before, citation.quote, after)

    def collections(self, principal: Principal, scope: Scope) -> list[Collection]:
        return [
            Collection(one.collection, 1, one.size, self._notices.get(one.collection, ""), "", "")
            for one in self._seen(principal, scope)
        ]

    def set_notice(self, principal: Principal, collection: str, notice: str) -> None:
        require_curator(principal)
        self._notices[collection] = notice

    def remove(
        self, principal: Principal, scope: Scope, references: Sequence[str], *, restorable: bool
    ) -> list[Document]:
        require_curator(principal)
        found = self._named(principal, scope, references)
        self._removed |= {one.id: datetime.now(UTC).isoformat() if restorable else "" for one in found}
        return found

    def removed(self, principal: Principal, scope: Scope) -> list[SoftDeletedDocument]:
        return [
            SoftDeletedDocument(number, f"shelf-{number}", f"{number}.txt", DOCUMENTS[number][0], 1, at)
            for number, at in self._removed.items()
            if at and _sees(scope_of(principal, scope), number)
        ]

    def restore(self, principal: Principal, scope: Scope, documents: Sequence[int]) -> int:
        require_curator(principal)
        back = [one.id for one in self.removed(principal, scope) if one.id in documents]
        for document in back:
            del self._removed[document]
        return len(back)

    def refusals(self, principal: Principal, scope: Scope) -> dict[str, list[Refusal]]:
        return {}

    def forget_refusals(self, principal: Principal, collection: str, files: Sequence[str]) -> None:
        require_curator(principal)

    def place_for(self, principal: Principal, collection: str, name: str) -> Path:
        require_curator(principal)
        return upload_path(self._home, collection, name)

    def name_of(self, path: str) -> str:
        return kept_under(self._home, path) or path

    def _seen(self, principal: Principal, scope: Scope) -> list[Document]:
        allowed = scope_of(principal, scope)
        return [
            Document(number, f"shelf-{number}", f"{number}.txt", title, str(number), len(text), INDEXED_AT, 1, 1)
            for number, (title, text) in DOCUMENTS.items()
            if self._many and number not in self._removed and _sees(allowed, number)
        ]

    def _named(self, principal: Principal, scope: Scope, references: Sequence[str]) -> list[Document]:
        seen = {key: one for one in self._seen(principal, scope) for key in (str(one.id), one.path)}
        if unknown := [reference for reference in references if reference not in seen]:
            raise UsageError("There is no such document", where=unknown[0], remedy="List them.")
        return list({seen[reference].id: seen[reference] for reference in references}.values())


def _sees(scope: Scope, document: int) -> bool:
    collections, documents = scope.collections, scope.documents
    return (collections is None or f"shelf-{document}" in collections) and (documents is None or document in documents)


class FakeDesk:
    """A desk in memory; what is done in the background waits for ever.

    Evaluations and training runs are real files in ``home``.
    """

    def __init__(
        self,
        *,
        pace: Callable[[], bool] = lambda: True,
        documents: int = 5_497,
        home: Path = Path("nowhere"),
        forms: DeskForms | None = None,
        runs: Runs | None = None,
        attempt: Attempt = lambda question, scope, edits: Trial(question, CAUTION),
    ) -> None:
        self.documents = FakeDocuments(home, documents)
        self.conversations = FakeConversations(pace, self.documents)
        self.questions = FakeQuestions(self.documents, attempt)
        self.workers_called = 0
        self.jobs = DeskJobs(MemoryJobQueue(lambda: 0.0), self.documents, self._call_worker)
        parts = Components(load_settings(home))
        self.evaluations = DeskEvaluations(parts)
        self.models = DeskModels(parts)
        self.maintenance = DeskMaintenance(parts, lambda: parts.settings)
        if forms:
            self.forms = forms
        if runs:
            self.training = DeskTraining(runs, self._call_worker, self._change_generator)

    def start(self) -> None:
        """It is there already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """It has begun nothing."""

    def _call_worker(self) -> None:
        self.workers_called += 1

    def _change_generator(self) -> None:
        """It writes as before."""


def _steps(turn: Turn, script: Script) -> Iterator[Turn]:
    for event in script.events:
        if isinstance(event, Done):
            beside = turn.answer if event.answer.kind == "generated" else None
            yield replace(turn, state="done", answer=event.answer, progress=None, beside=beside)
            return
        turn = replace(turn, state="working", progress=event)
        if isinstance(event, Quoted):
            turn = replace(turn, answer=event.answer)
        yield turn
    yield replace(turn, state="failed", error=script.error)


def _shortening(turn: Turn) -> Iterator[Turn]:
    """A shorter version of a turn's answer, unless it is one word of it that is asked for."""
    yield replace(turn, state="working", progress=Writing())
    yield replace(turn, state="working", progress=Writing(SHORTER.sentences, SHORTER.citations))
    failed = "one word" in turn.question
    beside = Answer("abstained", "SmolLM2-135M", dropped=LEFT_OUT.dropped[:1]) if failed else SHORTER
    yield replace(turn, state="done", progress=None, beside=beside)


def fake_forms(home: Path, queue: JobQueue) -> DeskForms:
    """Real forms in ``home``, read by labels."""
    reading = FakeFormDesk()
    return DeskForms(reading, lambda: FormService(FormStore(home), reading, queue))


def every(looks: int) -> Callable[[], bool]:
    """A pace for the eye: a step every so many looks."""
    counted = itertools.count(1)
    return lambda: next(counted) % looks == 0


def from_standard_input() -> Callable[[], bool]:
    """A pace for tests: as many steps as the numbers on standard input say, a number a line."""
    allowed = threading.Semaphore(0)

    def read() -> None:
        for line in sys.stdin:
            allowed.release(int(line))

    threading.Thread(target=read, daemon=True).start()
    return lambda: allowed.acquire(blocking=False)


def main(port: int = 8600, looks: int = 4, documents: int = 5_497, kept: Path | None = None) -> None:
    """Serve the page with this desk and some history; with 0 looks the steps come from standard input."""
    from ui.server import bind, serve
    from ui.serving import Announcement

    say = functools.partial(print, flush=True)

    with tempfile.TemporaryDirectory(prefix="refdesk-") as folder:
        home = kept or Path(folder)
        queue = EmbeddedJobQueue(home)
        fill_runs(queue)
        pace = every(looks) if looks else from_standard_input()
        forms = fake_forms(home, queue)
        desk = FakeDesk(
            pace=pace,
            documents=documents,
            home=home,
            attempt=fill(home, DOCUMENTS),
            forms=forms,
            runs=Runs(queue),
        )
        for days, question in zip((1, 3, 40), SUGGESTIONS[1:], strict=True):
            then = (datetime.now(UTC) - timedelta(days=days)).isoformat()
            desk.conversations.put(
                LOCAL_OWNER,
                Conversation(f"old-{days}", question, then, (Turn(1000 + days, question, "done", WRITTEN),)),
            )
        serve(desk, "127.0.0.1", bind("127.0.0.1", port), ready=say, announcement=Announcement(load_settings(home)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *map(Path, sys.argv[4:]))
