import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pydantic import PrivateAttr

from rag.answering.flow import AnswerFlow
from rag.answering.langchain import AnswerRunnable
from rag.calibration.numbers import shipped_calibration
from rag.calibration.signals import AnswerabilitySignals, CertaintySignals
from rag.retrieval.hybrid import HybridRetriever
from rag.retrieval.langchain import LangChainRetriever
from rag.types import Answer, Done, Event, Exchange, Quoted, Reranking, Searching, Writing
from tests.fakes import FakeChat, KeywordReader
from tests.rag.conftest import MakeFlow
from tests.vectorstore.conftest import put_text
from vectorstore.library import show
from vectorstore.store import KnowledgeStore, PassageView
from vectorstore.types import EVERYTHING, Scope

QUESTION = "How is glaucoma treated?"
DROPS = KeywordReader("eye drops")
TREATED = "Glaucoma is treated with eye drops that lower the pressure in the eye."
SURGERY = "Surgery is done when drops fail."
NOTHING = KeywordReader(margin=8.0)


def assert_citations_hold(knowledge: KnowledgeStore, answer: Answer) -> None:
    for citation in (*answer.citations, *answer.related):
        _, pages = show(knowledge, str(citation.document), EVERYTHING)
        assert "".join(page.text for page in pages)[citation.start : citation.end] == citation.quote
    numbers = {citation.n for citation in answer.citations}
    assert {n for sentence in answer.sentences for n in sentence.citations} == numbers


def test_without_a_generator_the_answer_is_a_verbatim_sentence(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    answer = make_flow(DROPS).answer(QUESTION, EVERYTHING)
    assert answer.kind == "extractive"
    assert [sentence.text for sentence in answer.sentences] == [TREATED, SURGERY]
    assert answer.short_answer == "eye drops"
    assert answer.citations[0].title == "Glaucoma"
    assert_citations_hold(knowledge, answer)


def test_a_grounded_text_replaces_the_quote_with_citations_of_its_own(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    chat = FakeChat(f"{TREATED} [2] Surgery is done when drops fail. [9]")
    events = list(make_flow(DROPS, chat, large=True).events(QUESTION, EVERYTHING))
    kinds = [type(event) for event in events]
    assert kinds[:4] == [Searching, Reranking, Quoted, Writing]
    assert kinds[-1] is Done
    written = [event.sentences for event in events if isinstance(event, Writing)]
    assert [len(sentences) for sentences in written] == sorted(len(sentences) for sentences in written)
    done = events[-1]
    assert isinstance(done, Done)
    answer = done.answer
    assert (answer.kind, answer.engine) == ("generated", "fake")
    assert [sentence.text for sentence in answer.sentences] == [
        TREATED,
        "Surgery is done when drops fail.",
    ]
    assert_citations_hold(knowledge, answer)
    assert answer.timings.first_token is not None
    assert answer.timings.first_answer <= answer.timings.first_token <= answer.timings.total


def test_the_notice_of_a_collection_comes_with_each_answer_from_it(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    with knowledge.change() as change:
        change.set_notice("default", "No medical advice.")
    assert make_flow(DROPS).answer(QUESTION, EVERYTHING).notices == ("No medical advice.",)
    assert make_flow(DROPS, FakeChat(TREATED)).answer(QUESTION, EVERYTHING).notices == ("No medical advice.",)
    assert make_flow(NOTHING).answer("Who won the football championship yesterday evening?", EVERYTHING).notices == ()


@pytest.mark.parametrize(
    "reply",
    [
        "Glaucoma is treated with strong antibiotics.",
        "Glaucoma is cured by eye drops within 3 days.",
        "The documents do not say.",
        "",
        "Osteoporosis makes bones weak and brittle.",  # true, but beside the question
        "Glaucoma is treated with eye drops that lower the",  # cut off
    ],
)
def test_an_ungrounded_or_pointless_text_leaves_the_quote_standing(make_flow: MakeFlow, reply: str) -> None:
    answer = make_flow(DROPS, FakeChat(reply)).answer(QUESTION, EVERYTHING)
    assert answer.kind == "extractive"
    assert "antibiotics" not in answer.text
    assert answer.text.startswith("Glaucoma is treated with eye drops that")


def shorter(flow: AnswerFlow, question: str = QUESTION) -> Answer:
    *_, done = flow.shorter(question, flow.answer(question, EVERYTHING), EVERYTHING)
    assert isinstance(done, Done)
    return done.answer


def test_a_small_generator_is_not_asked_to_say_again_what_one_passage_says(make_flow: MakeFlow) -> None:
    chat = FakeChat(TREATED)
    assert make_flow(DROPS, chat).answer(QUESTION, EVERYTHING).kind == "extractive"
    assert chat.asked == []


def test_a_shorter_answer_is_written_when_it_is_asked_for_and_stands_on_what_was_quoted(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    answer = shorter(make_flow(DROPS, FakeChat(TREATED)))
    assert (answer.kind, answer.text) == ("generated", TREATED)
    assert_citations_hold(knowledge, answer)


@pytest.mark.parametrize("reply", [f"{TREATED} {SURGERY}", "Glaucoma is treated with strong antibiotics.", SURGERY, ""])
def test_what_is_not_shorter_not_supported_or_without_the_answer_leaves_the_quote(
    make_flow: MakeFlow, reply: str
) -> None:
    answer = shorter(make_flow(DROPS, FakeChat(reply)))
    assert (answer.kind, answer.text) == ("extractive", f"{TREATED} {SURGERY}")


def test_without_a_generator_there_is_nothing_shorter(make_flow: MakeFlow) -> None:
    assert shorter(make_flow(DROPS)).kind == "extractive"


def test_only_a_large_generator_may_leave_out_the_words_that_the_reader_found(make_flow: MakeFlow) -> None:
    question = "When is surgery done?"
    assert shorter(make_flow(DROPS, FakeChat(SURGERY)), question).kind == "extractive"
    assert shorter(make_flow(DROPS, FakeChat(SURGERY), large=True), question).text == SURGERY


def test_a_small_generator_may_not_leave_out_what_a_sentence_leans_on(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    put_text(knowledge, "tower.txt", "The tower of Helm is old. It is 34 metres high, with the lantern.", title="Tower")
    question, reader = "How high is the tower?", KeywordReader("34 metres")
    leaning = make_flow(reader, FakeChat("It is 34 metres high, with the lantern."))
    answer = shorter(leaning, question)
    assert (answer.kind, answer.text) == (
        "extractive",
        "The tower of Helm is old. It is 34 metres high, with the lantern.",
    )


def test_an_invented_sentence_is_dropped_from_between_true_ones(make_flow: MakeFlow) -> None:
    chat = FakeChat(f"{TREATED} It was discovered in 1850 by Smith. Surgery is done when drops fail.")
    answer = make_flow(DROPS, chat, large=True).answer(QUESTION, EVERYTHING)
    assert [sentence.text for sentence in answer.sentences] == [
        TREATED,
        "Surgery is done when drops fail.",
    ]


def test_the_label_of_an_answer_is_no_part_of_its_first_sentence(make_flow: MakeFlow) -> None:
    answer = shorter(make_flow(DROPS, FakeChat(f"Question: {QUESTION} Answer: {TREATED}")))
    assert (answer.kind, answer.text) == ("generated", TREATED)


def test_the_number_of_a_list_item_is_no_sentence_that_was_left_out(make_flow: MakeFlow) -> None:
    chat = FakeChat("1. Antibiotics cure it. 2. Surgery is done when drops fail.")
    answer = make_flow(DROPS, chat, large=True).answer(QUESTION, EVERYTHING)
    assert [dropped.text for dropped in answer.dropped] == ["Antibiotics cure it."]


def test_what_the_documents_do_not_hold_is_not_answered_and_the_generator_not_asked(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    chat = FakeChat("Paris.")
    answer = make_flow(NOTHING, chat).answer("Who won the football championship yesterday evening?", EVERYTHING)
    assert (answer.kind, answer.text, answer.citations) == ("abstained", "", ())
    assert answer.related == ()  # nothing is near enough to be shown in the place of an answer
    assert chat.asked == []
    assert_citations_hold(knowledge, answer)


class WatchedStore:
    """The knowledge, with how many views of it were opened and are open."""

    def __init__(self, knowledge: KnowledgeStore) -> None:
        self._knowledge = knowledge
        self.opened = self.open = 0

    @contextmanager
    def view(self) -> Iterator[PassageView]:
        with self._knowledge.view() as view:
            self.opened, self.open = self.opened + 1, self.open + 1
            try:
                yield view
            finally:
                self.open -= 1


class WatchingChat(FakeChat):
    """Notes how many views of a store are open whenever it writes."""

    def watch(self, store: WatchedStore) -> list[int]:
        self._store, self._seen = store, []
        return self._seen

    def _produce(self, messages: list[dict[str, str]], emit: Callable[[str], None], stopped: threading.Event) -> None:
        self._seen.append(self._store.open)
        super()._produce(messages, emit, stopped)

    _store: WatchedStore = PrivateAttr()
    _seen: list[int] = PrivateAttr()


def test_all_of_a_question_is_of_one_state_of_the_store(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    store = WatchedStore(knowledge)
    assert make_flow(DROPS, store=store).answer(QUESTION, EVERYTHING).kind == "extractive"
    assert (store.opened, store.open) == (1, 0)


def test_no_view_is_held_while_a_generator_writes_or_rewrites(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    store, chat = WatchedStore(knowledge), WatchingChat("How is glaucoma treated?", TREATED)
    seen = chat.watch(store)
    flow = make_flow(DROPS, chat, large=True, store=store)
    answer = flow.answer("How is it treated?", EVERYTHING, before=[Exchange("What is glaucoma?")])
    assert (answer.kind, seen, store.open) == ("generated", [0, 0], 0)


@pytest.mark.parametrize("seen", range(1, 6))
def test_who_goes_away_leaves_nothing_held(make_flow: MakeFlow, knowledge: KnowledgeStore, seen: int) -> None:
    store, chat = WatchedStore(knowledge), FakeChat(f"{TREATED} {SURGERY} And more of it.")
    events = make_flow(DROPS, chat, large=True, store=store).events(QUESTION, EVERYTHING)
    for _ in range(seen):
        next(events)
    events.close()  # type: ignore[attr-defined]
    assert store.open == 0
    put_text(knowledge, "later.txt", "Nobody stands in the way of a change.")


def test_a_reader_that_fails_leaves_nothing_held(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    store = WatchedStore(knowledge)
    with pytest.raises(AttributeError):
        make_flow(None, store=store).answer(QUESTION, EVERYTHING)
    assert (store.opened, store.open) == (1, 0)


def test_an_answer_says_what_was_fitted_to_other_models(make_flow: MakeFlow) -> None:
    answered, abstained = (
        make_flow(DROPS).answer(QUESTION, EVERYTHING),
        make_flow(NOTHING).answer("Who won?", EVERYTHING),
    )
    assert (answered.kind, abstained.kind) == ("extractive", "abstained")
    assert answered.unfitted == abstained.unfitted
    assert answered.unfitted == ("reranking", "sentence selection", "answerability", "certainty", "support")


def test_where_nothing_may_be_seen_it_abstains(make_flow: MakeFlow) -> None:
    answer = make_flow(DROPS).answer(QUESTION, Scope(collections=frozenset()))
    assert (answer.kind, answer.related) == ("abstained", ())


def test_stopping_ends_the_generator_and_keeps_what_is_checked(make_flow: MakeFlow) -> None:
    stop = threading.Event()
    chat = FakeChat(f"{TREATED} Surgery is done when drops fail. Then more and more follows. And more of it.")
    answer: Answer | None = None
    for event in make_flow(DROPS, chat, large=True).events(QUESTION, EVERYTHING, stop=stop):
        if isinstance(event, Writing) and event.sentences:
            stop.set()
        if isinstance(event, Done):
            answer = event.answer
    assert answer is not None
    assert answer.kind == "generated"
    assert len(answer.sentences) < 3


@pytest.mark.parametrize("stage", [Searching, Reranking, Quoted])
def test_a_generator_is_not_asked_where_it_was_stopped_before(make_flow: MakeFlow, stage: type[Event]) -> None:
    stop, chat = threading.Event(), FakeChat(TREATED)
    *_, done = _stopped_at(stage, make_flow(DROPS, chat, large=True).events(QUESTION, EVERYTHING, stop=stop), stop)
    assert isinstance(done, Done)
    assert (done.answer.kind, chat.asked) == ("extractive", [])


def _stopped_at(stage: type[Event], events: Iterator[Event], stop: threading.Event) -> Iterator[Event]:
    for event in events:
        if isinstance(event, stage):
            stop.set()
        yield event


def test_the_generator_sees_the_best_passages_and_the_question(make_flow: MakeFlow) -> None:
    chat = FakeChat("Nothing.")
    make_flow(DROPS, chat, large=True).answer(QUESTION, EVERYTHING)
    prompt = chat.asked[0][-1]["content"]
    assert QUESTION in prompt
    assert "eye drops that lower the pressure" in prompt


def test_the_retriever_speaks_langchain(knowledge: KnowledgeStore) -> None:
    with knowledge.view() as view:
        retriever = LangChainRetriever(retriever=HybridRetriever(view), scope=EVERYTHING, limit=1)
        (document,) = retriever.invoke("optic nerve damage")
    assert document.page_content == "Glaucoma is a group of diseases that damage the optic nerve."
    assert document.metadata["title"] == "Glaucoma"
    assert document.metadata["end"] - document.metadata["start"] == len(document.page_content)


def test_the_flow_is_a_step_in_a_langchain_chain(make_flow: MakeFlow) -> None:
    chain = AnswerRunnable(make_flow(DROPS), EVERYTHING) | (lambda answer: answer.short_answer)
    assert chain.invoke(QUESTION) == "eye drops"


def test_a_passage_like_the_question_makes_an_answer_likely() -> None:
    held = AnswerabilitySignals(
        similarity=0.7,
        coverage=0.9,
        together=0.8,
        missing=0,
        relevance=6.0,
        belongs=6.0,
    )
    not_held = AnswerabilitySignals(
        similarity=0.2,
        coverage=0.1,
        together=0.1,
        missing=2,
        relevance=-6.0,
        belongs=-6.0,
    )
    assert shipped_calibration().answerability.probability(held) > 0.8
    assert shipped_calibration().answerability.probability(not_held) < 0.2


def test_an_answer_is_sure_where_its_passage_answers_and_stands_out_from_the_others() -> None:
    certainty = shipped_calibration().certainty
    clear = CertaintySignals(similarity=0.6, missing=0, relevance=4.0, belongs=2.0, lead=4.0)
    assert certainty.probability(clear) > certainty.threshold
    for doubt in ({"lead": 0.0}, {"relevance": -6.0, "belongs": -6.0}):
        assert certainty.probability(replace(clear, **doubt)) < certainty.threshold


def test_a_name_or_number_that_the_best_passage_lacks_speaks_against_an_answer(make_flow: MakeFlow) -> None:
    flow = make_flow(DROPS)
    asked, other, dated = (
        flow.answer(question, EVERYTHING).probability or 0.0
        for question in (QUESTION, f"{QUESTION[:-1]} by Novartis?", f"{QUESTION[:-1]} in 2019?")
    )
    assert other < asked
    assert dated < asked


def test_a_question_in_chinese_is_answered_by_the_one_sentence(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    hours = "星期六，图书馆只开放到下午一点，节假日不开放。"
    told = "图书馆位于河边的旧火车站内，由市政府管理。办理借书证需要身份证和最近三个月内的水电费账单。"
    more = "每位读者一次最多可以借六本书，借期为四个星期。逾期每天每本罚款两角，丢失的书按原价赔偿，另加十元手续费。"
    put_text(knowledge, "library.txt", told + hours + more * 2, title="图书馆规则")
    answer = make_flow(KeywordReader("下午一点")).answer("星期六，图书馆几点关门？", EVERYTHING)
    assert [sentence.text for sentence in answer.sentences] == [hours]
    assert answer.short_answer == "下午一点"
    assert_citations_hold(knowledge, answer)


def test_no_step_is_the_short_answer_to_how_it_is_done(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    put_text(knowledge, "kettle.md", "To descale the kettle:\n\n1. Unplug it.\n2. Fill it with vinegar.\n3. Rinse it.")
    answer = make_flow(KeywordReader("Fill it with vinegar")).answer("How do I descale the kettle?", EVERYTHING)
    assert "2. Fill it with vinegar." in answer.text
    assert answer.short_answer is None


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which of the dishes contain nuts?", "These dishes contain nuts: cake and muesli."),
        ("Which of the dishes contain no nuts?", "These dishes contain no nuts: soup and rice."),
        ("Do the dishes contain nuts?", "These dishes contain no nuts: soup and rice."),
    ],
)
def test_of_two_sentences_on_the_same_the_one_answers_that_says_no_where_the_question_does(
    question: str, told: str, make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    filler = "The kitchen is open from Monday to Friday and closed at the weekend and on holidays, all year round. " * 3
    text = f"These dishes contain nuts: cake and muesli.\n\n{filler}\n\nThese dishes contain no nuts: soup and rice."
    put_text(knowledge, "dishes.txt", text, title="Dishes")
    answer = make_flow(KeywordReader("soup and rice")).answer(question, EVERYTHING)
    assert answer.sentences[0].text == told


def test_documents_that_contradict_each_other_are_both_shown_under_their_titles(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    put_text(knowledge, "rules-2024.txt", "Staff may work from home on 2 days a week.", title="Rules of 2024")
    put_text(knowledge, "rules-2025.txt", "Staff may work from home on 3 days a week.", title="Rules of 2025")
    put_text(knowledge, "lunch.txt", "The canteen opens on 5 days a week.", title="Canteen")
    answer = make_flow(KeywordReader("2 days", "3 days")).answer("How many days may staff work from home?", EVERYTHING)
    assert {(sentence.label, sentence.text) for sentence in answer.sentences} == {
        ("Rules of 2024", "Staff may work from home on 2 days a week."),
        ("Rules of 2025", "Staff may work from home on 3 days a week."),
    }
    assert_citations_hold(knowledge, answer)


def test_what_the_catalogue_tells_bears_its_notice_and_is_not_written_again(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    for version in ("v1", "v2"):
        put_text(knowledge, f"/docs/crane_{version}.md", f"Of {version} nothing is told.", title=f"Crane {version}")
    with knowledge.change() as change:
        change.set_notice("default", "No medical advice.")
    chat = FakeChat("Glaucoma is treated.")
    answer = make_flow(NOTHING, chat, large=True).answer("Which is the newest version of the crane?", EVERYTHING)
    assert answer.engine == "catalogue"
    assert "crane_v2.md" in answer.sentences[0].text
    assert (answer.notices, chat.asked) == (("No medical advice.",), [])
    assert_citations_hold(knowledge, answer)
