"""``refdesk extract`` as it is called: good and bad files, JSON, tables, and what is said."""

import csv
import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from rag.components import Components
from rag.desk.service import LocalDesk
from rag.reader.types import PassageReading, PassageText
from rag.settings.model import Settings
from tests import command
from tests.cli.conftest import Refdesk
from tests.extraction.forms import FIELDS, INVOICE, encrypted, pdf
from vectorstore.models import Confirm


class NoReader:
    """Never finds anything; ``asked`` are the questions it was asked."""

    asked: list[str] = []

    def read_pairs(self, pairs: list[tuple[str, PassageText]]) -> list[PassageReading]:
        self.asked += [question for question, _ in pairs]
        return [PassageReading((), 0.0, ()) for _ in pairs]


class _Parts(Components):
    form_reader = NoReader()


def _open_desk(settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True) -> LocalDesk:
    return LocalDesk(_Parts(settings, confirm), retrieval=retrieval)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def refdesk(monkeypatch: pytest.MonkeyPatch, home: Path) -> Refdesk:
    monkeypatch.setenv("REFDESK_HOME", str(home))
    return lambda *words: command.refdesk(*words, open_desk=_open_desk)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "forms"
    (made / "sub").mkdir(parents=True)
    (made / "good.pdf").write_bytes(pdf(INVOICE))
    (made / "sub" / "turned.pdf").write_bytes(pdf(INVOICE, rotation=90))
    (made / "secret.pdf").write_bytes(encrypted(pdf(INVOICE)))
    (made / "empty.pdf").write_bytes(b"")
    (made / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (made / "garden.txt").write_text("Tulips need sun and water.")
    (made / "program.exe").write_bytes(b"MZ")
    return made


def test_every_file_has_its_outcome_and_the_good_ones_their_fields(refdesk: Refdesk, folder: Path) -> None:
    result = refdesk("extract", folder, "--json")
    assert result.code == 0
    found = {Path(one["document"]).name: one for one in result.json}
    assert {name: one["outcome"] for name, one in found.items()} == {
        "broken.pdf": "refused",
        "empty.pdf": "refused",
        "garden.txt": "other",
        "good.pdf": "complete",
        "program.exe": "refused",
        "secret.pdf": "refused",
        "turned.pdf": "complete",
    }
    assert "password" in found["secret.pdf"]["detail"]
    for name in ("good.pdf", "turned.pdf"):
        fields = found[name]["fields"]
        assert list(fields) == list(FIELDS)
        assert {key: value["normalised"] for key, value in fields.items()} == FIELDS
        for value in fields.values():
            assert value["value"]
            assert 0.5 < value["confidence"] <= 1
            assert value["page"] == 1
            assert len(value["box"]) == 4
            assert value["words"]
    left, top, right, bottom = found["good.pdf"]["fields"]["invoice_number"]["box"]
    assert (left, right > 500, top < 150 < bottom) == (pytest.approx(470, abs=1.5), True, True)
    assert found["garden.txt"]["fields"]["amount"]["value"] is None
    assert found["good.pdf"]["document"] == str(folder / "good.pdf")


def test_one_row_a_document_in_csv_and_xlsx(refdesk: Refdesk, folder: Path, tmp_path: Path) -> None:
    result = refdesk(
        "extract", folder / "good.pdf", folder / "empty.pdf", "--csv", tmp_path / "a.csv", "--xlsx", tmp_path / "a.xlsx"
    )
    assert result.code == 0
    assert "1190.00" in result.out
    assert "The file is empty." in result.out
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["complete", "refused"]
    assert (rows[0]["date"], rows[0]["date normalised"], rows[0]["date page"]) == ("05.03.2024", "2024-03-05", "1")
    values = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert values[0][:3] == ["document", "outcome", "detail"]
    assert "RE-2024-0815" in values[1]


def test_a_folder_may_be_named_from_where_one_is(
    refdesk: Refdesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    found = {one["document"]: one["outcome"] for one in refdesk("extract", folder.name, "--json").json}
    assert found[f"{folder.name}/good.pdf"] == "complete"


def test_a_value_that_looks_like_a_formula_stays_text(refdesk: Refdesk, tmp_path: Path) -> None:
    schema, note = tmp_path / "note.toml", tmp_path / "note.txt"
    schema.write_text('[fields.remark]\ntype = "text"\nlabels = ["remark"]\n')
    note.write_text("Remark: @SUM(A1)\n")
    assert refdesk("extract", note, "--schema", schema, "--csv", tmp_path / "a.csv").code == 0
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        assert next(csv.DictReader(file))["remark"] == "'@SUM(A1)"


def test_the_reader_is_asked_only_what_is_open(refdesk: Refdesk, folder: Path, tmp_path: Path) -> None:
    NoReader.asked.clear()
    refdesk("extract", folder / "good.pdf", "--json")
    assert NoReader.asked == []
    unlabelled = [placed for placed in INVOICE if placed[2] not in ("Rechnungsnummer:", "RE-2024-0815")]
    (tmp_path / "b.pdf").write_bytes(pdf(unlabelled))
    refdesk("extract", tmp_path / "b.pdf", "--json")
    assert "What is the invoice number?" in NoReader.asked


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--schema", "nothing", "."], "There is no such schema"),
        (["missing.pdf"], "There is no such file"),
        ([], "There is nothing to read"),
        (["--corrections", "x.json"], "Nothing has been corrected yet"),
    ],
)
def test_a_wrong_call_says_what_to_do(refdesk: Refdesk, arguments: list[str], says: str) -> None:
    result = refdesk("extract", *arguments)
    assert result.code == 2
    assert says in result.err


def test_a_single_refused_file_is_a_failure(refdesk: Refdesk, folder: Path) -> None:
    result = refdesk("extract", folder / "secret.pdf", "--json")
    assert result.code == 1
    assert json.loads(result.out)[0]["outcome"] == "refused"
