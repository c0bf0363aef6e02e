"""A question goes to the desk that is being served on the same home, and to none that is not."""

import asyncio
import json
import socket
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.types import Message

from rag.access.types import Principal
from rag.desk.protocols import Desk
from rag.settings.model import Settings, load_settings
from rag.types import Done, Event, Writing
from tests.command import Result, refdesk
from tests.ui.composed import BETA, ONCE
from tests.ui.fake_desk import ABSTAINED, COMPOSED, QUOTED, UNCHECKED, FakeDesk
from ui.answers import answer_as_json
from ui.api.answers import ask_routes
from ui.blocks import plain_text
from ui.serving import FILE, ROUTE, Announcement, Serving, fingerprint, read_serving
from vectorstore.models import Confirm
from vectorstore.types import Scope

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    home: Path
    process: "subprocess.Popen[str]"

    @property
    def known(self) -> Serving:
        return Serving(**json.loads((self.home / FILE).read_text()))

    def post(self, body: object, **headers: str) -> tuple[int, Any]:
        known = self.known
        usual = {"Authorization": f"Bearer {known.token}", "Content-Type": "application/json"}
        sent = usual | {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(known.address + ROUTE, json.dumps(body).encode(), sent, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.ui.fake_desk", str(port), "1", "3", str(home)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Refdesk answers at ")
    yield Served(home, process)
    process.terminate()
    process.communicate(timeout=20)
    assert not (home / FILE).exists()


class Unasked:
    """A desk of its own that says so when it answers."""

    def __init__(self) -> None:
        self.asked: list[Settings] = []

    def __call__(self, settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True) -> FakeDesk:
        desk = FakeDesk(home=settings.home)
        fake = desk.questions.answer

        def answer(*arguments: Any, **more: Any) -> Iterator[Any]:
            events = fake(*arguments, **more)

            def watched() -> Iterator[Any]:
                self.asked.append(settings)
                yield from events

            return watched()

        desk.questions.answer = answer
        return desk


def ask(own: Unasked, home: Path, *words: str) -> Result:
    return refdesk("ask", *words, "--home", home, open_desk=own)


def test_a_question_goes_to_the_desk_that_is_served(served: Served) -> None:
    own = Unasked()
    assert ask(own, served.home, "Quote something?", "--json").json == json.loads(json.dumps(answer_as_json(QUOTED)))
    assert QUOTED.text in ask(own, served.home, "Quote something?").out
    nothing = ask(own, served.home, "Quote something?", "--collection", "shelf-2", "--json")
    assert nothing.json["kind"] == "abstained"
    unknown = ask(own, served.home, "Quote something?", "--collection", "elsewhere", "--json")
    assert unknown.code == 2
    assert "There is no such collection: elsewhere" in unknown.err
    assert own.asked == []


def test_an_answer_is_printed_in_its_form_and_says_whether_it_is_sure(served: Served) -> None:
    own = Unasked()
    composed = ask(own, served.home, "Tell me all about drops.")
    assert composed.out.startswith(f"{plain_text(COMPOSED)}\n\n[1] Glaucoma, page 2: ")
    assert f"\n\nKinds:\n{ONCE} [5]\n{BETA} [6]\n" in composed.out
    forms = [sentence["form"] for sentence in ask(own, served.home, "All about drops?", "--json").json["sentences"]]
    assert forms == [sentence.form for sentence in COMPOSED.sentences]
    unsure = ask(own, served.home, "Is it perhaps drops?")
    assert unsure.out.startswith(f"This may answer it:\n\n{QUOTED.text} [1]\n")
    assert ask(own, served.home, "Is it perhaps drops?", "--json").json["certainty"] == "unsure"
    nothing = ask(own, served.home, "What is the capital of France?")
    assert nothing.out.startswith("I found nothing in the documents that answers this.\n\nClosest passages:\n[1] Eye")


@pytest.mark.parametrize("options", [["--engine", "extractive"], ["--model", "x"], ["--no-retrieval"], ["--left-out"]])
def test_what_asks_for_another_answer_is_answered_by_itself(served: Served, options: list[str]) -> None:
    own = Unasked()
    assert ask(own, served.home, "Quote something?", *options).code == 0
    assert len(own.asked) == 1


def test_other_settings_are_another_desk(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Unasked()
    monkeypatch.setenv("REFDESK_ANSWERING__CAUTION", "0.9")
    assert ask(own, served.home, "Quote something?").code == 0
    assert len(own.asked) == 1


def test_what_is_wrong_with_a_question_is_one_line(served: Served) -> None:
    for question, said in (("", "empty"), ("x" * 5_000, "5,000 characters")):
        status, body = served.post({"question": question})
        assert (status, said in body) == (400, True)
    result = ask(Unasked(), served.home, "x" * 5_000)
    assert (result.code, len(result.err.strip().splitlines())) == (2, 1)


def test_only_the_owner_s_programs_on_this_machine_are_answered(served: Served) -> None:
    question = {"question": "What is the capital of France?"}
    assert served.post(question)[1] == json.loads(json.dumps(answer_as_json(ABSTAINED)))
    assert served.post(question, Authorization="Bearer guessed")[0] == 403
    assert served.post(question, Authorization="")[0] == 403
    assert served.post(question, Host="evil.example")[0] == 403
    assert served.post(question, Origin="http://evil.example")[0] == 403
    assert served.post(question, Content_Type="text/plain")[0] == 415
    assert served.post({"question": "?", "engine": "magic"})[0] == 400


def test_nobody_else_can_read_the_token(served: Served) -> None:
    assert stat.S_IMODE((served.home / FILE).stat().st_mode) == 0o600
    assert len(served.known.token) >= 32


_PUBLISH = """
import sys
from pathlib import Path
from rag.settings.model import load_settings
from ui.serving import Announcement
announcement = Announcement(load_settings(Path(sys.argv[1])))
announcement.publish(sys.argv[2])
print("published", flush=True)
input()
"""


def test_a_server_that_was_killed_is_no_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:  # what has its port since never hears the question
        address = f"http://127.0.0.1:{other.getsockname()[1]}"
        command = [sys.executable, "-c", _PUBLISH, str(tmp_path), address]
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        server.stdout.readline()
        assert read_serving(tmp_path / FILE)
        server.kill()
        server.communicate()
        own = Unasked()
        assert ask(own, tmp_path, "Is this unchecked?", "--json").json["answer"] == UNCHECKED.text
    assert len(own.asked) == 1


def test_what_somebody_else_has_left_there_is_no_server(tmp_path: Path) -> None:
    own = Unasked()
    left = json.dumps(asdict(Serving("http://127.0.0.1:1", "token", fingerprint(load_settings(tmp_path)))))
    for written in (left, "", "{}", "[1]", '{"address": "http://127.0.0.1:1"}'):
        (tmp_path / FILE).write_text(written)
        assert ask(own, tmp_path, "Is this unchecked?").code == 0
    assert len(own.asked) == 5


def test_a_server_takes_back_only_its_own_announcement(tmp_path: Path) -> None:
    first, second = Announcement(load_settings(tmp_path)), Announcement(load_settings(tmp_path))
    first.publish("http://127.0.0.1:1")
    second.publish("http://127.0.0.1:2")
    first.withdraw()
    known = read_serving(tmp_path / FILE)
    assert known is not None
    assert known.address == "http://127.0.0.1:2"
    second.withdraw()
    assert list(tmp_path.iterdir()) == []


class LongAnswer:
    """A desk that writes until it is told to stop."""

    def __init__(self) -> None:
        self.begun, self.stopped = threading.Event(), threading.Event()

    @property
    def questions(self) -> "LongAnswer":
        return self

    def answer(
        self, principal: Principal, scope: Scope, question: str, *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        yield Writing()
        self.begun.set()
        assert stop is not None
        assert stop.wait(20)
        self.stopped.set()
        yield Done(QUOTED)


def test_a_server_that_ends_stops_the_answer_that_is_being_written() -> None:
    desk = LongAnswer()
    (route,) = ask_routes(cast(Desk, desk), "token")
    headers = [(b"authorization", b"Bearer token"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "headers": headers, "client": ("127.0.0.1", 1)}

    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"question": "How long?"}'}

    async def ask_and_end() -> None:
        asking = asyncio.ensure_future(route.endpoint(Request(scope, receive)))
        assert await asyncio.to_thread(desk.begun.wait, 20)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    with ThreadPoolExecutor(1) as thread:  # the browser of other tests has a loop running in this one
        thread.submit(asyncio.run, ask_and_end()).result(30)
    assert desk.stopped.wait(20)
