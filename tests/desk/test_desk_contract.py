"""What any desk must do, tried on the real one and on the one in memory."""

import inspect
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rag.access.types import LOCAL_OWNER, Principal
from rag.conversations.types import Turn
from rag.desk import curator_protocols, protocols
from rag.desk.conversations import DeskConversations
from rag.desk.documents import DeskDocuments
from rag.desk.evaluations import DeskEvaluations
from rag.desk.forms import DeskForms
from rag.desk.jobs import DeskJobs
from rag.desk.maintenance import DeskMaintenance
from rag.desk.models import DeskModels
from rag.desk.protocols import Desk, Holdings
from rag.desk.questions import DeskQuestions
from rag.desk.training import DeskTraining
from rag.types import Answer, Done, Exchange
from tests.desk.desks import Tried, memory_desk, real_desk
from tests.ui.fake_desk import DROPS, USUAL, FakeConversations, FakeDocuments, FakeQuestions, cite
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import EVERYTHING, Scope

STRANGER = Principal("stranger", "Somebody else")
FIRST = Scope(collections=frozenset({"shelf-1"}))
SECOND = Scope(collections=frozenset({"shelf-2"}))
HOW = "How is glaucoma treated with eye drops?"


@pytest.fixture(params=[real_desk, memory_desk], ids=["real", "memory"])
def tried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tried]:
    tried: Tried = request.param(tmp_path)
    with tried.desk:
        yield tried
        tried.go_on()


@pytest.fixture
def desk(tried: Tried) -> Desk:
    return tried.desk


def turns(desk: Desk, conversation: str) -> tuple[Turn, ...]:
    found = desk.conversations.get(LOCAL_OWNER, conversation)
    assert found is not None
    return found.turns


def settled(desk: Desk, conversation: str) -> Turn:
    pause = threading.Event()
    for _ in range(4_000):
        turn = turns(desk, conversation)[-1]
        if turn.state not in ("waiting", "working"):
            return turn
        pause.wait(0.005)
    raise AssertionError("no answer came")


def answered(desk: Desk, question: str, scope: Scope, principal: Principal = LOCAL_OWNER) -> Answer:
    *_, done = desk.questions.answer(principal, scope, question)
    assert isinstance(done, Done)
    return done.answer


# Who asks


PARTS: tuple[tuple[type, tuple[type, ...]], ...] = (
    (protocols.Conversations, (DeskConversations, FakeConversations)),
    (protocols.Questions, (DeskQuestions, FakeQuestions)),
    (protocols.Documents, (DeskDocuments, FakeDocuments)),
    (protocols.Jobs, (DeskJobs,)),
    (curator_protocols.Forms, (DeskForms,)),
    (curator_protocols.TrainingRuns, (DeskTraining,)),
    (curator_protocols.Evaluations, (DeskEvaluations,)),
    (curator_protocols.Models, (DeskModels,)),
    (curator_protocols.Maintenance, (DeskMaintenance,)),
)


@pytest.mark.parametrize(("protocol", "made"), PARTS, ids=[protocol.__name__ for protocol, _ in PARTS])
def test_nothing_can_be_asked_without_a_principal_nor_read_without_a_scope(
    protocol: type, made: tuple[type, ...]
) -> None:
    promised = {name: one for name, one in vars(protocol).items() if inspect.isfunction(one) and name[0] != "_"}
    assert promised
    for name, one in promised.items():
        if name == "name_of":  # of a path that was told before
            continue
        for whose in (one, *(getattr(cls, name) for cls in made)):
            first, *rest = list(inspect.signature(whose).parameters.values())[1:]
            assert (first.name, first.default) == ("principal", inspect.Parameter.empty), whose
            scopes = [parameter for parameter in rest if parameter.name == "scope"]
            assert all(parameter.default is inspect.Parameter.empty for parameter in scopes), whose


def test_what_reads_documents_has_a_scope() -> None:
    for protocol, alone in (
        (protocols.Documents, {"name_of", "place_for", "set_notice", "forget_refusals"}),
        (protocols.Questions, {"engine_name", "can_write"}),
    ):
        methods = {name for name, one in vars(protocol).items() if inspect.isfunction(one) and name[0] != "_"}
        for name in methods - alone:
            assert "scope" in inspect.signature(getattr(protocol, name)).parameters, name


def test_a_stranger_sees_nothing_and_changes_nothing(desk: Desk) -> None:
    assert answered(desk, HOW, EVERYTHING, STRANGER).kind == "abstained"
    assert answered(desk, HOW, EVERYTHING, STRANGER).related == ()
    assert desk.questions.search(STRANGER, EVERYTHING, "eye drops") == ()
    assert desk.questions.suggestions(STRANGER, EVERYTHING) == ()
    assert desk.documents.find(STRANGER, EVERYTHING) == (0, [])
    assert desk.documents.holdings(STRANGER, EVERYTHING) == Holdings(0, 0, (), "")
    assert list(desk.documents.collections(STRANGER, EVERYTHING)) == []
    with pytest.raises(UsageError):
        desk.documents.source(STRANGER, EVERYTHING, cite(1, 1, DROPS))
    for call in (
        lambda: desk.documents.remove(STRANGER, EVERYTHING, ["1"], restorable=True),
        lambda: desk.documents.set_notice(STRANGER, "shelf-1", "Mine."),
        lambda: desk.documents.place_for(STRANGER, "shelf-1", "a.txt"),
        lambda: desk.jobs.list(STRANGER),
        lambda: desk.jobs.ingest(STRANGER, "shelf-1", ["a.txt"]),
        lambda: desk.evaluations.list(STRANGER),
        lambda: desk.models.find(STRANGER, "any"),
        lambda: desk.maintenance.diagnosis(STRANGER),
    ):
        with pytest.raises(UsageError, match="Only the owner"):
            call()
    assert desk.documents.holdings(LOCAL_OWNER, EVERYTHING).documents == 3


def test_who_somebody_is_their_id_tells_and_not_their_name(desk: Desk) -> None:
    owner, stranger = Principal(LOCAL_OWNER.id, "Somebody else"), Principal("stranger", LOCAL_OWNER.name)
    desk.conversations.ask(LOCAL_OWNER, EVERYTHING, HOW)
    for principal, conversations in ((owner, 1), (stranger, 0)):
        assert len(desk.conversations.list(principal)) == conversations
        assert (desk.documents.holdings(principal, EVERYTHING).documents > 0) == (conversations > 0)


def test_a_conversation_is_its_principal_s_alone(desk: Desk) -> None:
    mine = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, HOW)
    turn = settled(desk, mine)
    assert desk.conversations.list(STRANGER) == ()
    assert desk.conversations.get(STRANGER, mine) is None
    desk.conversations.rate(STRANGER, mine, turn.id, "down")
    desk.conversations.stop(STRANGER, mine)
    desk.conversations.delete(STRANGER, mine)
    assert settled(desk, mine) == turn
    other = desk.conversations.ask(STRANGER, EVERYTHING, "And what then?", mine)
    assert other != mine
    assert [one.id for one in desk.conversations.list(LOCAL_OWNER)] == [mine]
    assert [one.id for one in desk.conversations.list(STRANGER)] == [other]


# Within a scope


def test_answers_sources_and_passages_are_of_the_scope_alone(desk: Desk) -> None:
    assert {citation.document for citation in answered(desk, f"{HOW} Quote it.", FIRST).citations} == {1}
    elsewhere = answered(desk, f"{HOW} Quote it.", SECOND)
    assert 1 not in {citation.document for citation in (*elsewhere.citations, *elsewhere.related)}
    found = desk.questions.search(LOCAL_OWNER, SECOND, "usual pressure of the eye")
    assert {passage.chunk.document for passage in found} == {2}
    assert desk.documents.source(LOCAL_OWNER, FIRST, cite(1, 1, DROPS)).marked == DROPS
    for outside in (SECOND, Scope(documents=frozenset()), Scope(collections=frozenset({"nowhere"}))):
        with pytest.raises(UsageError, match="no longer in the knowledge base"):
            desk.documents.source(LOCAL_OWNER, outside, cite(1, 1, DROPS))
    with pytest.raises(UsageError, match="has changed"):
        desk.documents.source(LOCAL_OWNER, FIRST, replace(cite(1, 1, DROPS), quote="It never said so."))


def test_a_question_in_a_conversation_keeps_to_its_scope(desk: Desk) -> None:
    conversation = desk.conversations.ask(LOCAL_OWNER, SECOND, f"{HOW} Quote it.")
    answer = settled(desk, conversation).answer
    assert answer is not None
    assert 1 not in {citation.document for citation in (*answer.citations, *answer.related)}


def test_suggestions_are_of_the_scope_alone(desk: Desk) -> None:
    everything = desk.questions.suggestions(LOCAL_OWNER, EVERYTHING)
    first, second = (desk.questions.suggestions(LOCAL_OWNER, scope) for scope in (FIRST, SECOND))
    assert 0 < len(everything) <= 4
    assert first
    assert second
    assert set(first).isdisjoint(second)
    assert desk.questions.suggestions(LOCAL_OWNER, Scope(documents=frozenset())) == ()


def test_documents_are_listed_shown_and_counted_within_the_scope(desk: Desk) -> None:
    assert desk.documents.find(LOCAL_OWNER, EVERYTHING)[0] == 3
    total, found = desk.documents.find(LOCAL_OWNER, FIRST)
    assert (total, [document.title for document in found]) == (1, ["Glaucoma"])
    assert datetime.fromisoformat(found[0].indexed_at).tzinfo is not None
    assert desk.documents.find(LOCAL_OWNER, EVERYTHING, ["pressure"], 1)[0] == 1
    assert desk.documents.find(LOCAL_OWNER, EVERYTHING, limit=1)[0] == 3
    assert desk.documents.holdings(LOCAL_OWNER, SECOND).collections == ("shelf-2",)
    assert desk.documents.totals(LOCAL_OWNER, SECOND)["documents"] == 1
    document, pages = desk.documents.show(LOCAL_OWNER, FIRST, str(found[0].id))
    assert document == found[0]
    assert DROPS in "".join(page.text for page in pages)
    for scope, reference in ((SECOND, str(found[0].id)), (EVERYTHING, "77"), (EVERYTHING, "nothing.txt")):
        with pytest.raises(UsageError, match="no such document"):
            desk.documents.show(LOCAL_OWNER, scope, reference)


def test_documents_are_removed_and_restored_within_the_scope(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no such document"):
        desk.documents.remove(LOCAL_OWNER, SECOND, ["2", "1"], restorable=True)
    assert desk.documents.holdings(LOCAL_OWNER, EVERYTHING).documents == 3
    assert [one.id for one in desk.documents.remove(LOCAL_OWNER, FIRST, ["1"], restorable=True)] == [1]
    assert answered(desk, f"{HOW} Quote it.", FIRST).citations == ()
    assert desk.documents.removed(LOCAL_OWNER, SECOND) == []
    assert [one.id for one in desk.documents.removed(LOCAL_OWNER, FIRST)] == [1]
    assert desk.documents.restore(LOCAL_OWNER, SECOND, [1]) == 0
    assert desk.documents.restore(LOCAL_OWNER, FIRST, [1, 77]) == 1
    assert desk.documents.holdings(LOCAL_OWNER, EVERYTHING).documents == 3
    desk.documents.remove(LOCAL_OWNER, EVERYTHING, ["1"], restorable=False)
    assert desk.documents.removed(LOCAL_OWNER, EVERYTHING) == []


# Questions


@pytest.mark.parametrize(
    ("question", "said"), [("", "empty"), (" \n\t\x00", "empty"), ("x" * 4_001, "4,001 characters")]
)
def test_an_empty_or_endless_question_is_refused_at_once(desk: Desk, question: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        desk.conversations.ask(LOCAL_OWNER, EVERYTHING, question)
    with pytest.raises(UsageError, match=said):
        desk.questions.answer(LOCAL_OWNER, EVERYTHING, question)
    assert desk.conversations.list(LOCAL_OWNER) == ()


def test_the_longest_question_is_taken(desk: Desk) -> None:
    question = "Why? " * 799 + "Why??"
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, question)
    assert turns(desk, conversation)[0].question == question


def ask_often(desk: Desk, times: int) -> None:
    for number in range(times):
        desk.conversations.ask(LOCAL_OWNER, EVERYTHING, f"{HOW} For the {number}th time.")


def test_too_many_waiting_questions_are_refused(tried: Tried) -> None:
    desk = tried.desk
    tried.hold()
    with pytest.raises(RefdeskError, match="Too many questions are waiting"):
        ask_often(desk, 40)
    assert len(desk.conversations.list(LOCAL_OWNER)) >= 16


def test_a_question_is_answered_and_kept(desk: Desk) -> None:
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, f"  {HOW} ")
    turn = settled(desk, conversation)
    assert (turn.question, turn.state, turn.error, turn.feedback) == (HOW, "done", "", None)
    assert turn.answer is not None
    assert turn.answer.citations
    for citation in turn.answer.citations:
        assert desk.documents.source(LOCAL_OWNER, EVERYTHING, citation).marked == citation.quote
    (listed,) = desk.conversations.list(LOCAL_OWNER)
    assert (listed.id, listed.title, listed.turns) == (conversation, HOW, ())
    again = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, f"{HOW} Once more.", conversation)
    assert again == conversation
    assert settled(desk, conversation).id > turn.id
    assert len(turns(desk, conversation)) == 2


def test_a_question_that_stands_by_itself_leaves_no_trace(desk: Desk) -> None:
    before = [Exchange("What is glaucoma?", None)]
    *_, done = desk.questions.answer(LOCAL_OWNER, EVERYTHING, f"{HOW} Quote it.", before=before)
    assert isinstance(done, Done)
    assert done.answer.kind in ("extractive", "generated")
    assert desk.conversations.list(LOCAL_OWNER) == ()


def test_a_stopped_answer_ends(tried: Tried) -> None:
    desk = tried.desk
    tried.hold()
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, HOW)
    desk.conversations.stop(LOCAL_OWNER, conversation)
    assert settled(desk, conversation).state == "stopped"
    tried.go_on()
    after = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, f"{HOW} Quote it.", conversation)
    assert settled(desk, after).state == "done"


def test_an_answer_is_said_in_fewer_words_and_stays(desk: Desk) -> None:
    assert desk.questions.can_write(LOCAL_OWNER)
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, f"{HOW} Quote it.")
    turn = settled(desk, conversation)
    assert turn.answer is not None
    assert (turn.answer.kind, turn.beside) == ("extractive", None)
    desk.conversations.shorten(STRANGER, EVERYTHING, conversation, turn.id)
    desk.conversations.shorten(LOCAL_OWNER, EVERYTHING, conversation, 4_711)
    assert settled(desk, conversation) == turn
    desk.conversations.shorten(LOCAL_OWNER, EVERYTHING, conversation, turn.id)
    shortened = settled(desk, conversation)
    assert (shortened.answer, shortened.state) == (turn.answer, "done")
    assert shortened.beside is not None
    assert shortened.beside.kind == "generated"
    assert 0 < len(shortened.beside.text) < len(turn.answer.text)
    for citation in shortened.beside.citations:
        assert desk.documents.source(LOCAL_OWNER, EVERYTHING, citation).marked == citation.quote
    desk.conversations.shorten(LOCAL_OWNER, EVERYTHING, conversation, turn.id)
    assert settled(desk, conversation) == shortened


def test_saying_it_in_fewer_words_can_be_stopped(tried: Tried) -> None:
    desk = tried.desk
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, f"{HOW} Quote it.")
    turn = settled(desk, conversation)
    tried.hold()
    desk.conversations.shorten(LOCAL_OWNER, EVERYTHING, conversation, turn.id)
    assert turns(desk, conversation)[-1].state in ("waiting", "working")
    desk.conversations.stop(LOCAL_OWNER, conversation)
    tried.go_on()
    assert settled(desk, conversation).answer == turn.answer
    desk.conversations.shorten(LOCAL_OWNER, EVERYTHING, conversation, turn.id)
    assert settled(desk, conversation).beside is not None


def test_an_answer_is_rated_and_the_rating_taken_back(desk: Desk) -> None:
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, HOW)
    turn = settled(desk, conversation).id
    desk.conversations.rate(LOCAL_OWNER, conversation, turn, "down", right_answer="a laser", note="Too old.")
    given = settled(desk, conversation).feedback
    assert given is not None
    assert (given.rating, given.right_answer, given.note) == ("down", "a laser", "Too old.")
    with pytest.raises(UsageError, match="at most 1,000 characters"):
        desk.conversations.rate(LOCAL_OWNER, conversation, turn, "down", note="x" * 1_001)
    desk.conversations.rate(LOCAL_OWNER, conversation, 4_711, "up")
    assert settled(desk, conversation).feedback == given
    desk.conversations.rate(LOCAL_OWNER, conversation, turn, None)
    assert settled(desk, conversation).feedback is None


def test_what_is_gone_is_gone_without_a_fuss(desk: Desk) -> None:
    conversation = desk.conversations.ask(LOCAL_OWNER, EVERYTHING, HOW)
    settled(desk, conversation)
    desk.conversations.delete(LOCAL_OWNER, conversation)
    assert desk.conversations.get(LOCAL_OWNER, conversation) is None
    assert desk.conversations.get(LOCAL_OWNER, "never") is None
    for change in (desk.conversations.stop, desk.conversations.delete):
        change(LOCAL_OWNER, conversation)
    desk.conversations.rate(LOCAL_OWNER, conversation, 1, "up")
    assert desk.conversations.ask(LOCAL_OWNER, EVERYTHING, HOW, conversation) != conversation


def test_what_would_be_is_tried_within_the_scope_and_changes_nothing(desk: Desk) -> None:
    trial = desk.questions.try_out(LOCAL_OWNER, SECOND, "What is a usual pressure of the eye?")
    assert trial.question == "What is a usual pressure of the eye?"
    assert {passage.chunk.document for passage in trial.passages} <= {2}
    assert desk.conversations.list(LOCAL_OWNER) == ()


# Jobs and evaluations


def test_jobs_are_queued_listed_stopped_and_forgotten(tried: Tried) -> None:
    jobs = tried.desk.jobs
    assert list(jobs.list(LOCAL_OWNER)) == []
    assert jobs.get(LOCAL_OWNER, 77) is None
    with pytest.raises(UsageError, match="no files"):
        jobs.ingest(LOCAL_OWNER, "staff", [])
    jobs.stop(LOCAL_OWNER, 77)
    jobs.forget(LOCAL_OWNER, 77)
    assert list(jobs.list(LOCAL_OWNER)) == []


def test_there_are_no_evaluations_and_none_of_this_name(desk: Desk) -> None:
    assert list(desk.evaluations.list(LOCAL_OWNER)) == []
    for look in (desk.evaluations.load, desk.evaluations.head):
        call: Any = look
        with pytest.raises(UsageError, match="no such evaluation"):
            call(LOCAL_OWNER, "nothing")


def test_a_notice_is_kept_with_its_collection(desk: Desk) -> None:
    desk.documents.set_notice(LOCAL_OWNER, "shelf-2", "Ask the doctor too.")
    notices = {one.name: one.notice for one in desk.documents.collections(LOCAL_OWNER, EVERYTHING)}
    assert notices["shelf-2"] == "Ask the doctor too."
    assert USUAL in "".join(page.text for page in desk.documents.show(LOCAL_OWNER, SECOND, "2")[1])
