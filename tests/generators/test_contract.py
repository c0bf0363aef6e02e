"""What every engine does, run on the real ones with a tiny model, on a real server, and on the scripted twin."""

import gc
import json
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xllamacpp
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from rag.engine_selection import load_generator
from rag.generators.engines.streaming import StreamingChat
from rag.generators.registry import ENGINES
from rag.generators.types import Choice
from rag.settings.model import load_settings
from tests.fakes import FakeChat
from tests.tiny_llama import write_tiny_llama
from tests.training.tiny_gguf import write_gguf
from vectorstore.errors import RefdeskError

pytestmark = pytest.mark.torch

WINDOW = 256
QUESTIONS = [f"Who keeps lighthouse {number}?" for number in range(40)]

Load = Callable[[], BaseChatModel]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In Hugging Face's layout, with a window as small as the others'."""
    folder = write_tiny_llama(tmp_path_factory.mktemp("tiny"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"max_position_embeddings": WINDOW}))
    return folder


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    return write_gguf(folder, folder.parent / f"{folder.name}.gguf")


@pytest.fixture(scope="module")
def endpoint(file: Path) -> Iterator[str]:
    """llama.cpp's own server: OpenAI's protocol, really spoken."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(file)
    parameters.hostnames, parameters.port = ["127.0.0.1"], port
    parameters.n_ctx, parameters.n_parallel = WINDOW, 1
    parameters.verbosity, parameters.warmup, parameters.ui, parameters.offline = -1, False, False, True
    server = xllamacpp.Server(parameters)
    yield f"http://127.0.0.1:{port}/v1"
    del server


@pytest.fixture(scope="module", params=["twin", *(name for name, engine in ENGINES.items() if engine.module)])
def load(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Loads the engine as the settings would have it."""
    name = request.param
    if name == "twin":
        return lambda: FakeChat("The keeper lives in the tower, and comes down on Sundays.", window=WINDOW)
    generator: dict[str, Any] = {"max_new_tokens": 24, "context_tokens": WINDOW, "engine": name}
    model = "tiny"
    if ENGINES[name].remote:
        generator |= {"base_url": request.getfixturevalue("endpoint"), "model": model}
    elif ENGINES[name].formats:
        model = str(request.getfixturevalue({"gguf": "file", "folder": "folder"}[ENGINES[name].formats[0]]))
    settings = load_settings(tmp_path_factory.mktemp("home"), generator=generator)

    def load() -> BaseChatModel:
        chat = load_generator(Choice(name, model, ""), settings)
        assert chat is not None
        return chat

    return load


@pytest.fixture(scope="module")
def chat(load: Load) -> BaseChatModel:
    return load()


@pytest.fixture(scope="module")
def question(chat: BaseChatModel) -> str:
    """One that is answered with a few words: the weights of the tiny model are random."""
    return next(question for question in QUESTIONS if len(chat.invoke(question).text.split()) > 3)


def no_thread_is_left() -> bool:
    return not any(thread.name == "refdesk-generator" for thread in threading.enumerate())


def test_it_streams_what_it_would_say_at_once(chat: BaseChatModel, question: str) -> None:
    pieces = [chunk.text for chunk in chat.stream(question)]
    assert len([piece for piece in pieces if piece]) > 1
    assert chat.invoke(question).text == "".join(pieces)


def test_without_temperature_the_same_prompt_gives_the_same_reply(chat: BaseChatModel, question: str) -> None:
    first = chat.invoke([SystemMessage("Be brief."), HumanMessage(question)]).text
    chat.invoke("Something else altogether, to be forgotten.")
    assert chat.invoke([SystemMessage("Be brief."), HumanMessage(question)]).text == first


def test_stopped_while_it_writes_it_can_be_used_again(chat: BaseChatModel, question: str) -> None:
    before = chat.invoke(question).text
    stream = chat.stream(question)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert no_thread_is_left()
    assert chat.invoke(question).text == before


def test_stopped_while_it_reads_the_prompt_it_writes_nothing_and_can_be_used_again(
    chat: BaseChatModel, question: str
) -> None:
    if not isinstance(chat, StreamingChat):
        pytest.skip("a server reads elsewhere")
    before = chat.invoke(question).text
    stopped = threading.Event()
    stopped.set()
    written: list[str] = []
    chat._produce([{"role": "user", "content": "and more text " * 30}], written.append, stopped)
    assert written == []
    assert chat.invoke(question).text == before


def test_a_stop_word_ends_the_reply(chat: BaseChatModel, question: str) -> None:
    whole = chat.invoke(question).text
    word = next(word for word in whole.split()[1:] if "\ufffd" not in word)  # half a character cannot be asked for
    assert chat.invoke(question, stop=[word]).text == whole[: whole.index(word)]


def test_a_prompt_over_the_window_is_a_clear_error_and_it_can_be_used_again(chat: BaseChatModel, question: str) -> None:
    with pytest.raises(RefdeskError) as refused:
        chat.invoke("glaucoma " * 600)
    assert len(str(refused.value).splitlines()) == 1
    assert chat.invoke(question).text


def test_tokens_are_counted_without_a_network(chat: BaseChatModel) -> None:
    counts = [chat.get_num_tokens("and so on " * n) for n in range(4)]
    assert counts[0] == 0
    assert sorted(set(counts)) == counts


def test_let_go_it_is_freed(load: Load, question: str) -> None:
    chat = load()
    chat.invoke(question)
    freed = weakref.ref(chat)
    del chat
    gc.collect()
    assert freed() is None
    assert no_thread_is_left()
