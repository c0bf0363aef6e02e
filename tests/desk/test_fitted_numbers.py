"""A desk that is open goes on with the numbers that are fitted meanwhile."""

from dataclasses import replace
from pathlib import Path

from rag.access.types import LOCAL_OWNER
from rag.calibration.numbers import CALIBRATION_FILE, Models, forget_calibration, shipped_calibration, store_calibration
from rag.desk.protocols import Desk
from rag.types import Done
from tests.desk.desks import real_desk
from tests.fakes import HashEmbedder, KeywordReader
from vectorstore.types import EVERYTHING


def unfitted(desk: Desk) -> tuple[str, ...]:
    *_, done = desk.questions.answer(LOCAL_OWNER, EVERYTHING, "How is glaucoma treated?")
    assert isinstance(done, Done)
    return done.answer.unfitted


def test_numbers_that_are_fitted_while_the_desk_is_open_count_from_the_next_question(tmp_path: Path) -> None:
    shipped = shipped_calibration()
    here = Models(HashEmbedder().fingerprint, KeywordReader().fingerprint)
    own = replace(shipped, fitted_to=dict.fromkeys(shipped.fitted_to, here))
    with real_desk(tmp_path).desk as desk:
        assert "reranking" in unfitted(desk)
        store_calibration(tmp_path, own)
        assert unfitted(desk) == ()
        (tmp_path / CALIBRATION_FILE).write_text("damaged")
        assert unfitted(desk) == ()  # those of before stay in use
        forget_calibration(tmp_path)
        assert "reranking" in unfitted(desk)
