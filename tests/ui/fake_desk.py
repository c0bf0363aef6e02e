"""A desk that behaves: in memory, with scripted answers, one step forward each time it is looked at.

It keeps every promise of `DeskFace` that the page relies on, and stands in for the real one in the tests and while the
page is being made: ``python -m tests.ui.fake_desk [PORT] [LOOKS] [DOCUMENTS]``.
"""

import itertools
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rag.conversations.types import Conversation, Feedback, Rating, Turn
from rag.desk.protocols import Holdings, SourceView
from rag.evaluation.types import UNEDITED, Trial, Try
from rag.extraction.form_store import FormStore
from rag.extraction.service import FormService
from rag.jobs.queue import EmbeddedJobQueue
from rag.training.runs.store import Runs
from rag.types import (
    Answer,
    Citation,
    Done,
    Dropped,
    Event,
    Quoted,
    Reading,
    Searching,
    Sentence,
    Timings,
    Writing,
)
from tests.ui.curated import CAUTION, fill
from tests.ui.fake_forms import FakeFormDesk
from tests.ui.trained import fill_runs
from vectorstore.errors import RefdeskError, UsageError

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
    (Sentence(HOSTILE, (1,)), Sentence("[link](javascript:alert(1)) **bold**", (1,))),
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

SUGGESTIONS = (
    "How is glaucoma treated?",
    "What is a usual eye pressure?",
    "How often should eyes be examined?",
    "Does lost sight come back?",
)


@dataclass(frozen=True)
class Script:
    """The events of one answer, and whether the turn fails after the last of them."""

    events: tuple[Event, ...]
    error: str = ""


def script_for(question: str) -> Script:
    """What the desk does with a question, by a word in it."""
    search: tuple[Event, ...] = (Searching(24_310), Reading(12))
    asked = question.lower()
    if "capital" in asked:
        return Script((*search, Done(ABSTAINED)))
    if "<img" in asked:
        return Script((*search, Done(HOSTILE_ANSWER)))
    if "invent" in asked:
        return Script((*search, Done(LEFT_OUT)))
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


class FakeDesk:
    """A desk whose answers go one event further whenever ``pace()`` says so, asked once for every look at them.

    So a test decides how fast the desk is, and never a clock.
    """

    def __init__(
        self,
        *,
        pace: Callable[[], bool] = lambda: True,
        documents: int = 5_497,
        home: Path = Path("nowhere"),
        forms: FormService | None = None,
        runs: Runs | None = None,
        attempt: Try = lambda question, edits=UNEDITED: Trial(question, CAUTION),
    ) -> None:
        self.home = home
        self.attempt = attempt
        if forms:
            self.forms = forms
        if runs:
            self.runs = runs
        self._lock = threading.RLock()
        self._pace = pace
        self._documents = documents
        self._ids = itertools.count(1)
        self._conversations: dict[str, Conversation] = {}
        self._steps: dict[int, Iterator[Turn]] = {}

    def holdings(self) -> Holdings:
        changed = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        return Holdings(self._documents, 24_310, ("default",), changed if self._documents else "")

    longest_file = 1024**2

    def see_to_jobs(self) -> None:
        """Nobody does them: they wait."""

    def change_writer(self) -> None:
        """It writes as before."""

    def suggestions(self) -> tuple[str, ...]:
        return SUGGESTIONS if self._documents else ()

    def engine_name(self) -> str:
        return "llama.cpp · SmolLM2-135M-Instruct"

    def conversations(self) -> tuple[Conversation, ...]:
        with self._lock:
            newest = sorted(
                self._conversations.values(), key=lambda conversation: conversation.updated_at, reverse=True
            )
            return tuple(replace(conversation, turns=()) for conversation in newest)

    def conversation(self, conversation_id: str) -> Conversation | None:
        with self._lock:
            if conversation_id in self._conversations:
                self._look(conversation_id)
            return self._conversations.get(conversation_id)

    def ask(self, conversation_id: str | None, question: str) -> str:
        if not question.strip():
            raise UsageError("The question is empty", remedy="Write a question and ask again")
        if len(question) > 2_000:
            raise UsageError(
                f"The question is {len(question):,} characters long", remedy="Ask in at most 2,000 characters"
            )
        with self._lock:
            turn = Turn(next(self._ids), question, "waiting")
            known = self._conversations.get(conversation_id or "")
            conversation = known or Conversation(f"talk-{turn.id}", question[:80], "")
            self._steps[turn.id] = _steps(turn, script_for(question))
            self._put(replace(conversation, turns=(*conversation.turns, turn)))
            return conversation.id

    def stop(self, conversation_id: str) -> None:
        with self._lock:
            conversation = self._conversations[conversation_id]
            turns = tuple(
                replace(t, state="stopped") if t.state in ("waiting", "working") else t for t in conversation.turns
            )
            self._put(replace(conversation, turns=turns))

    def delete(self, conversation_id: str) -> None:
        with self._lock:
            self._conversations.pop(conversation_id, None)

    def rate(
        self, conversation_id: str, turn: int, rating: Rating | None, *, right_answer: str = "", note: str = ""
    ) -> None:
        given = Feedback(rating, right_answer, note, datetime.now(UTC).isoformat()) if rating else None
        with self._lock:
            conversation = self._conversations[conversation_id]
            turns = tuple(replace(t, feedback=given) if t.id == turn else t for t in conversation.turns)
            self._conversations[conversation_id] = replace(conversation, turns=turns)

    def source(self, citation: Citation) -> SourceView:
        document, start, end = citation.document, citation.start, citation.end
        if document not in DOCUMENTS:
            raise RefdeskError("This document was removed", where=str(document), remedy="The answer keeps its quotes")
        title, text = DOCUMENTS[document]
        heading = "Treatment" if document == 1 else ""
        path = f"/home/reader/library/eyes/{title.lower()}.pdf"
        return SourceView(
            document, title, path, 2 if document == 1 else None, heading, text[:start], text[start:end], text[end:]
        )

    def put(self, conversation: Conversation) -> None:
        """Store a conversation as it is, for screenshots and tests."""
        with self._lock:
            self._conversations[conversation.id] = conversation

    def _put(self, conversation: Conversation) -> None:
        self._conversations[conversation.id] = replace(conversation, updated_at=datetime.now(UTC).isoformat())

    def _look(self, conversation_id: str) -> None:
        """Take the first unfinished turn one event further, if the pace allows it."""
        conversation = self._conversations[conversation_id]
        turn = next((turn for turn in conversation.turns if turn.state in ("waiting", "working")), None)
        if turn is None or not self._pace():
            return
        moved = next(self._steps[turn.id])
        self._put(replace(conversation, turns=tuple(moved if t.id == turn.id else t for t in conversation.turns)))


def _steps(turn: Turn, script: Script) -> Iterator[Turn]:
    for event in script.events:
        if isinstance(event, Done):
            yield replace(turn, state="done", answer=event.answer, progress=None)
            return
        turn = replace(turn, state="working", progress=event)
        if isinstance(event, Quoted):
            turn = replace(turn, answer=event.answer)
        yield turn
    yield replace(turn, state="failed", error=script.error)


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


def main(port: int = 8600, looks: int = 4, documents: int = 5_497) -> None:
    """Serve the page with this desk and some history; with 0 looks the steps come from standard input."""
    from ui.server import bind, serve

    with tempfile.TemporaryDirectory(prefix="refdesk-") as folder:
        home = Path(folder)
        queue = EmbeddedJobQueue(home)
        fill_runs(queue)
        pace = every(looks) if looks else from_standard_input()
        forms = FormService(FormStore(home), FakeFormDesk(), queue)
        desk = FakeDesk(
            pace=pace,
            documents=documents,
            home=home,
            attempt=fill(home, DOCUMENTS).attempt,
            forms=forms,
            runs=Runs(queue),
        )
        for days, question in zip((1, 3, 40), SUGGESTIONS[1:], strict=True):
            then = (datetime.now(UTC) - timedelta(days=days)).isoformat()
            desk.put(Conversation(f"old-{days}", question, then, (Turn(1000 + days, question, "done", WRITTEN),)))
        serve(desk, "127.0.0.1", bind("127.0.0.1", port), ready=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
