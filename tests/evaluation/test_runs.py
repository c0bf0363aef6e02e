import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from rag.evaluation.comparison import compare
from rag.evaluation.figures import intervals, mean
from rag.evaluation.report import html_report
from rag.evaluation.runs import list_runs, load_head, load_run, sha256_of, store_run
from rag.evaluation.tables import slice_tables
from rag.evaluation.types import Evaluation, Item, Run
from vectorstore.errors import RefdeskError, UsageError

STARTED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def item(number: int, f1: float, **fields: Any) -> Item:
    return Item(str(number), f"What is <b>{number}</b>?", ("gold",), "given", f1, {"f1": f1}, **fields)


def evaluation(*scores: float) -> Evaluation:
    items = tuple(
        item(n, score, latency_ms=10.0 * n, slices={"question word": "what" if n % 2 else "who"})
        for n, score in enumerate(scores)
    )
    curve = ({"confidence": 0.9, "coverage": 0.5, "risk": 0.1, "answered": 0.6, "false_answers": 0.0},)
    return Evaluation("answers", {"f1": mean(items, "f1"), "latency": {"median": 5.0}, "answered": None}, items, curve)


def stored(home: Path, *scores: float, data: str = "a", model: str = "small") -> Run:
    setup = {
        "refdesk": "1",
        "data": {"name": "squad.json", "sha256": data},
        "settings": {},
        "models": {"reader": {"model": model}},
    }
    return store_run(home, evaluation(*scores), STARTED, setup)


def test_a_stored_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    run = stored(tmp_path, 1.0, 0.5, 0.0)
    assert load_run(tmp_path, run.id) == run
    assert load_run(tmp_path / "elsewhere", str(run.folder)) == run
    assert run.figures["f1"] == 0.5
    assert run.intervals["f1"] == [0.0, 1.0]
    again = stored(tmp_path, 1.0)  # in the same second
    assert list_runs(tmp_path) == sorted([run.id, again.id], reverse=True)
    assert len(list_runs(tmp_path)) == 2


def test_a_run_stored_under_older_names_is_read_and_compares_as_if_it_had_todays(tmp_path: Path) -> None:
    run = stored(tmp_path, 1.0)
    file = run.folder / "run.json"
    fields = json.loads(file.read_text())
    fields["kind"] = "swaps"
    fields["setup"]["settings"] = {"generator": {"quantise_on_load": False}}
    file.write_text(json.dumps(fields))
    read = load_run(tmp_path, run.id)
    assert (read.kind, load_head(tmp_path, run.id).kind) == ("counterfactuals", "counterfactuals")
    assert read.setup["settings"] == {"generator": {"quantize_on_load": False}}
    assert slice_tables(read) == []


def test_a_run_that_is_not_there_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such evaluation: nothing"):
        load_run(tmp_path, "nothing")
    run = stored(tmp_path, 1.0)
    (run.folder / "items.jsonl").write_text('{"id"')
    with pytest.raises(RefdeskError, match="damaged"):
        load_run(tmp_path, run.id)


def test_the_hash_of_a_folder_changes_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/test.tsv").write_text("1\t2\t1")
    before = sha256_of(tmp_path)
    assert sha256_of(tmp_path) == before
    (tmp_path / "qrels/test.tsv").write_text("1\t2\t2")
    assert sha256_of(tmp_path) != before


def test_scores_count_as_often_as_their_weights_say() -> None:
    items = [item(1, 1.0, weights={"f1": 3}), item(2, 0.0), Item("3", "", (), "", 1.0, {})]
    assert mean(items, "f1") == 0.75
    assert mean(items, "em") is None
    assert intervals(items, ["em"]) == {"em": None}


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    items = [item(n, float(n % 5 < 3)) for n in range(500)]
    low, high = intervals(items, ["f1"])["f1"] or ()
    assert low == pytest.approx(0.6 - 1.96 * (0.24 / 500) ** 0.5, abs=0.006)
    assert high == pytest.approx(0.6 + 1.96 * (0.24 / 500) ** 0.5, abs=0.006)


def test_a_clear_gain_is_significant_and_chance_is_not(tmp_path: Path) -> None:
    before = [0.0, 1.0, 0.0, 1.0, 0.5, 0.5, 0.0, 1.0, 0.0, 1.0, 0.2, 0.4] * 4
    clear = compare(stored(tmp_path, *before), stored(tmp_path, *[min(1.0, x + 0.3) for x in before], model="large"))
    (gain,) = clear.differences
    assert gain.significant
    assert gain.p < 0.001
    assert gain.low < gain.difference < gain.high
    assert gain.difference == pytest.approx(gain.after - before_mean(before))
    assert (clear.questions, clear.better, clear.worse, clear.same_data) == (48, 32, 0, True)
    assert [(change.name, change.before, change.after) for change in clear.changes] == [
        ("models reader model", "small", "large")
    ]

    chance = [1.0 - x if n in (0, 1) else x for n, x in enumerate(before)]
    (none,) = compare(stored(tmp_path, *before), stored(tmp_path, *chance)).differences
    assert not none.significant
    assert none.low <= 0.0 <= none.high

    (same,) = compare(stored(tmp_path, *before), stored(tmp_path, *before)).differences
    assert (same.difference, same.p, same.significant) == (0.0, 1.0, False)


def before_mean(scores: list[float]) -> float:
    return sum(scores) / len(scores)


def test_only_questions_of_both_runs_are_compared(tmp_path: Path) -> None:
    comparison = compare(stored(tmp_path, 1.0, 0.0), stored(tmp_path, 0.0, 0.0, 1.0, data="b"))
    assert (comparison.questions, comparison.worse, comparison.same_data) == (2, 1, False)
    empty = replace(stored(tmp_path, 1.0), items=())
    with pytest.raises(UsageError, match="no question in common"):
        compare(empty, empty)
    with pytest.raises(UsageError, match="One measured answers, the other qa"):
        compare(stored(tmp_path, 1.0), replace(stored(tmp_path, 1.0), kind="qa"))


def test_the_report_shows_failures_and_slices_and_loads_nothing(tmp_path: Path) -> None:
    run = stored(tmp_path, 1.0, 0.0, 0.25)
    bad = replace(run.items[1], question="<script>alert(1)</script> \x00\ud800?", details={"quotes": ["<img src=x>"]})
    text = html_report(replace(run, items=(run.items[0], bad, run.items[2])))
    text.encode("utf-8")
    page = html.document_fromstring(text)
    assert not page.xpath("//script | //img | //link | //iframe | //@onclick")
    # Names of namespaces are no addresses that a browser opens.
    assert not re.findall(r'(?:src|href)\s*=\s*"(?!#)', text)
    assert "url(http" not in text
    failures = [element.text_content() for element in page.xpath("//details/summary")]
    assert failures[:2] == ["<script>alert(1)</script> ��?", "What is <b>2</b>?"]
    assert {"what", "who"} <= set(page.xpath("//td/text()"))
    assert len(page.xpath("//*[local-name() = 'svg']")) == 3
    assert "What was measured" in text
    assert html_report(run) == html_report(run)


def test_stored_items_are_one_json_object_a_line(tmp_path: Path) -> None:
    run = stored(tmp_path, 1.0, 0.0)
    lines = [json.loads(line) for line in (run.folder / "items.jsonl").read_text().splitlines()]
    assert [line["scores"] for line in lines] == [{"f1": 1.0}, {"f1": 0.0}]
