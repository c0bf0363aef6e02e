from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.calibration.numbers import shipped_calibration
from rag.evaluation.types import Trial
from rag.evaluation.whatif import WhatIf
from rag.retrieval.hybrid import HybridRetriever
from tests.fakes import HashEmbedder, KeywordReader
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

QUESTION = "How is glaucoma treated?"
TREATED = "Glaucoma is treated with eye drops that lower the pressure."
LASER = "Glaucoma is also treated with a laser."


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path, HashEmbedder())
    put_text(base, "glaucoma.txt", f"{TREATED}\n\n{LASER}", title="Glaucoma")
    put_text(base, "bones.txt", "Osteoporosis makes bones weak and brittle.", title="Osteoporosis")
    yield base
    base.close()


def what_if(knowledge: KnowledgeStore) -> WhatIf:
    reader = KeywordReader("eye drops")
    return WhatIf(knowledge, HybridRetriever, reader, shipped_calibration(), passages=5, threshold=0.5)


def texts(trial: Trial) -> list[str]:
    return [passage.chunk.text for passage in trial.passages]


def test_a_trial_shows_what_was_found_marked_and_decided(knowledge: KnowledgeStore) -> None:
    trial = what_if(knowledge).attempt(QUESTION, EVERYTHING)
    assert trial.answered
    assert trial.probability >= trial.threshold
    assert (trial.quote, trial.short_answer) == (TREATED, "eye drops")
    first = trial.passages[0]
    assert first.marked is not None
    assert (first.chunk.text[slice(*first.marked)], first.margin) == ("eye drops", 5.0)
    assert trial.cited == first.chunk.id
    assert sorted(passage.found for passage in trial.passages) == [1, 2, 3]
    assert all(passage.margin < 0 for passage in trial.passages[1:])


def test_of_a_letter_the_question_is_tried_and_shown(knowledge: KnowledgeStore) -> None:
    trial = what_if(knowledge).attempt(f"I am 58 and have been to three doctors. {QUESTION}", EVERYTHING)
    assert (trial.quote, trial.looked_up) == (TREATED, QUESTION)
    assert what_if(knowledge).attempt(QUESTION, EVERYTHING).looked_up == ""


def test_another_question_is_searched_anew(knowledge: KnowledgeStore) -> None:
    trial = what_if(knowledge).attempt("What did the harbour authority decide in spring?", EVERYTHING)
    assert not trial.answered
    assert trial.probability < trial.threshold


def test_an_edited_passage_is_read_quoted_and_judged_as_edited_and_stays_stored_as_it_was(
    knowledge: KnowledgeStore,
) -> None:
    desk = what_if(knowledge)
    before = desk.attempt(QUESTION, EVERYTHING)
    assert before.cited is not None
    edits = {before.cited: "Glaucoma is treated by walking every day."}
    after = desk.attempt(QUESTION, EVERYTHING, edits)
    assert edits[before.cited] in texts(after)
    assert TREATED not in texts(after)
    assert after.short_answer != "eye drops"
    assert after.probability < before.probability
    assert {passage.chunk.id: passage.found for passage in after.passages} == {
        passage.chunk.id: passage.found for passage in before.passages
    }
    assert desk.attempt(QUESTION, EVERYTHING) == before


def test_a_word_that_only_an_edit_holds_is_no_longer_unknown(knowledge: KnowledgeStore) -> None:
    desk = what_if(knowledge)
    question = "How is glaucoma treated with timolol?"
    before = desk.attempt(question, EVERYTHING)
    assert before.cited is not None
    after = desk.attempt(question, EVERYTHING, {before.cited: "Glaucoma is treated with timolol, as eye drops."})
    assert after.probability > before.probability
    assert after.quote == "Glaucoma is treated with timolol, as eye drops."


def test_an_empty_knowledge_base_has_nothing_to_try(tmp_path: Path) -> None:
    base = open_store(tmp_path, HashEmbedder())
    trial = what_if(base).attempt(QUESTION, EVERYTHING)
    base.close()
    assert (trial.passages, trial.answered) == ((), False)
