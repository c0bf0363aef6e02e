"""The page of the desk's state: what it says of a diagnosis, and one look at it in a browser."""

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rag.access.types import LOCAL_OWNER
from rag.jobs.types import Job
from tests.ui.conftest import Desk
from tests.ui.fake_desk import FakeDesk
from ui.chat.pages.status.views import problems, status_view

NOW = datetime(2026, 5, 4, 12, 10, tzinfo=UTC)
HERE: dict[str, Any] = {"zone": UTC, "locale": "en-GB", "now": NOW}
SHA = "0123456789abcdef" * 4


def report(**changes: Any) -> dict[str, Any]:
    well: dict[str, Any] = {
        "home": "/home/ada/library",
        "machine": {
            "python": "3.11",
            "system": "Linux",
            "torch": "2",
            "cpu": "a processor",
            "threads": 2,
            "gpu": "none",
            "free_disk_gb": 72.0,
            "executable": "/home/ada/bin/python",
        },
        "models": {
            "embedding": {
                "model": "/home/ada/models/small",
                "origin": "folder",
                "path": "/home/ada/models/small",
                "sha256": SHA,
                "reason": "given as a local folder",
                "backend": "openvino",
            },
            "check": {"reason": "rules, and a score fitted to the embedding model"},
        },
        "reading": {"network": "cut off", "pictures": "read by Tesseract"},
        "knowledge_base": {
            "documents": 5_497,
            "chunks": 24_310,
            "collections": 2,
            "embedding": "/home/ada/models/small@0123456789ab",
            "changed_at": "2026-05-04T12:00:00+00:00",
        },
        "fitted_numbers": {"from": "/home/ada/library/calibration.json", "unfitted": ""},
    }
    return well | changes


def facts(view: Any) -> dict[str, tuple[str, list[str]]]:
    """By name, what is said and what is added."""
    return {fact["name"]: (fact["value"], fact["more"]) for part in view["sections"] for fact in part["facts"]}


def test_what_is_well_is_said_in_one_line_and_then_told() -> None:
    view = status_view(report(), [], **HERE)
    assert (view["well"], view["problems"]) == ("Everything is as it should be.", [])
    told = facts(view)
    assert told["Embedding"] == (
        "small",
        ["From a folder of this machine · fingerprint 0123456789ab", "given as a local folder", "openvino"],
    )
    assert told["Check"] == ("no model", ["rules, and a score fitted to the embedding model"])
    assert told["Documents"] == ("5,497", ["Last changed today at 12:00"])
    assert told["Collections"] == ("2", [])
    assert told["Fitted numbers"] == ("your own", ["Fitted to the models in use."])
    assert told["Free disk"] == ("72.0 GB", [])
    assert told["Jobs"] == ("none", [])


def test_no_path_of_the_machine_is_told() -> None:
    assert "/home/ada" not in str(status_view(report(), [], **HERE))


def test_each_trouble_comes_with_what_to_do() -> None:
    fit = "`refdesk evaluate fit` fits them to the models in use."
    machine = report()["machine"] | {"free_disk_gb": 0.4}
    reader = {"model": "a/reader", "problem": "The model is not on this machine: a/reader. Give a local folder."}
    view = status_view(
        report(
            machine=machine,
            models={"reader": reader},
            fitted_numbers={"from": "Refdesk", "unfitted": "reranking, support", "remedy": fit},
        ),
        [],
        **HERE,
    )
    assert view["well"] == ""
    assert view["problems"] == [
        {"what": "Reader: The model is not on this machine: a/reader. Give a local folder.", "remedy": ""},
        {"what": "Not fitted to the models in use: reranking, support.", "remedy": fit},
        {"what": "The disk is nearly full, 0.4 GB are free.", "remedy": "Make room before more is taken in."},
    ]
    assert facts(view)["Fitted numbers"][1] == ["Fitted to other models: reranking, support.", fit]


def test_a_knowledge_base_that_cannot_be_read_is_one_trouble() -> None:
    damaged = "The knowledge base is damaged. Run `refdesk verify --repair`."
    hurt = report(knowledge_base=damaged, fitted_numbers=damaged)
    assert [one["what"] for one in problems(hurt)] == [damaged]
    assert "Documents" not in facts(status_view(hurt, [], **HERE))


def test_work_is_counted_where_it_waits() -> None:
    def job(number: int, kind: Any, state: Any) -> Job:
        return Job(number, kind, {}, state, f"2026-05-04T12:0{number}:00+00:00")

    jobs = [
        job(1, "sync", "working"),
        job(2, "ingest", "waiting"),
        job(3, "ingest", "waiting"),
        job(4, "train", "interrupted"),
        job(5, "evaluate", "done"),
    ]
    told = facts(status_view(report(), jobs, **HERE))
    assert told["Documents"] == ("1 under way, 2 waiting", ["Waiting since today at 12:02"])
    assert told["Training"] == ("1 interrupted", [])
    assert "Measuring" not in told


def test_what_the_desk_says_of_itself_can_be_drawn() -> None:
    desk = FakeDesk()
    told = facts(status_view(desk.maintenance.diagnosis(LOCAL_OWNER), desk.jobs.list(LOCAL_OWNER), **HERE))
    assert {"Embedding", "Reader", "Generator", "Documents", "Passages", "Collections", "Free disk"} <= told.keys()
    assert told["Documents"] == ("0", [])


@pytest.mark.browser
def test_a_curator_looks_whether_all_is_well(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    page.get_by_role("link", name="Status").click()
    health = page.locator(".health")
    # The documents of this desk were indexed by another model than the settings name.
    expect(health.get_by_role("list", name="What is wrong")).to_contain_text("Not fitted to the models in use: ")
    expect(health.locator(".problems code")).to_have_text("refdesk evaluate fit")
    expect(health.locator("dl > div").filter(has_text="Generator").first).to_contain_text("fingerprint")
    expect(health.get_by_role("heading", name="Background work")).to_be_visible()
