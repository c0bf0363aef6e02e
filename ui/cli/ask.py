"""``refdesk ask``: one question, one answer with its sources."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.status import Status

from rag.access.types import LOCAL_OWNER
from rag.desk.protocols import Desk
from rag.settings.model import load_settings
from rag.types import Answer, Done, Dropped, Event
from ui import texts
from ui.answers import answer_as_json, answer_from_json
from ui.blocks import plain_text
from ui.cli.desk import open_desk
from ui.cli.output import EngineOption, HomeOption, JsonOption, confirm_download, errors, print_json, say
from ui.serving import ask_served
from vectorstore.errors import UsageError
from vectorstore.types import EVERYTHING, Scope

_HOW_TO_ADD = "`refdesk ingest PATH` brings them in."


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What you want to know.", metavar="QUESTION")],
    collection: Annotated[list[str] | None, typer.Option("--collection", help="Ask only these collections.")] = None,
    engine: EngineOption = None,
    model: Annotated[str | None, typer.Option("--model", help="The generator's model.")] = None,
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="A trained adapter for the generator, or the folder of its run.")
    ] = None,
    retrieval: Annotated[
        bool, typer.Option("--retrieval/--no-retrieval", help="Without: the generator alone, unchecked.")
    ] = True,
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Also print the sentences that no passage supports; not with --json.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the documents, or say that they do not hold the answer."""
    named = {"engine": engine, "model": model, "adapter": adapter}
    chosen = {key: value for key, value in named.items() if value is not None}
    settings = load_settings(home, generator=chosen)
    scope = Scope(collections=frozenset(collection)) if collection else EVERYTHING
    by_itself = bool(chosen) or not retrieval or left_out  # what a served desk does not do
    loading = errors.status("Loading the models")
    with loading, open_desk(context, settings, confirm_download(loading), retrieval=retrieval) as desk:
        events = desk.questions.answer(LOCAL_OWNER, scope, question)  # says at once what is wrong with the question
        if retrieval:
            _check_collections(desk, collection or ())
            if not desk.documents.holdings(LOCAL_OWNER, EVERYTHING).documents:
                errors.print(f"There are no documents yet: {_HOW_TO_ADD}", markup=False, soft_wrap=True)
        served = None if by_itself else ask_served(settings, question, collection or ())
        answer = answer_from_json(served) if served else _answer(events, loading)
    if as_json:
        print_json(answer_as_json(answer))
        return
    _print(answer)
    if left_out:
        _print_left_out(answer.dropped)


def _answer(events: Iterator[Event], loading: Status) -> Answer:
    """What comes of the events: from the first one on, the models are loaded."""
    answer = None
    for event in events:
        loading.update("Looking it up")
        if isinstance(event, Done):
            answer = event.answer
    assert answer is not None
    return answer


def _check_collections(desk: Desk, wanted: Sequence[str]) -> None:
    """Raises UsageError for one that is not there."""
    known = [one.name for one in desk.documents.collections(LOCAL_OWNER, EVERYTHING)] if wanted else []
    if unknown := [name for name in wanted if name not in known]:
        remedy = f"There are: {', '.join(known)}." if known else f"There are none yet: {_HOW_TO_ADD}"
        raise UsageError("There is no such collection", where=", ".join(unknown), remedy=remedy)


def _print(answer: Answer) -> None:
    if answer.looked_up:
        say(f"Looked up: {answer.looked_up}\n")
    cited = answer.related if answer.kind == "abstained" else answer.citations
    if answer.certainty == "unsure":
        say(f"{texts.UNSURE}\n")
    say(plain_text(answer) or texts.NO_ANSWER)
    if answer.unanswered:
        say(f"\n{texts.left_open(answer.unanswered)}")
    if cited:
        say(f"\n{texts.CLOSEST}:" if answer.kind == "abstained" else "")
    for citation in cited:
        page = f", page {citation.page}" if citation.page else ""
        quote = " ".join(citation.quote.split())
        say(f"[{citation.n}] {citation.title}{page}: {quote if len(quote) <= 200 else quote[:199] + '…'}")
    for notice in answer.notices:
        say(f"\n{notice}")
    kind = {"generated": "Written", "extractive": "Quoted", "unchecked": "Unchecked, from no document"}.get(answer.kind)
    if kind:
        say(f"\n{kind} · {answer.engine} · {answer.timings.total / 1000:.1f} s")


def _print_left_out(dropped: Sequence[Dropped]) -> None:
    say(f"\n{texts.left_out(dropped) or 'No sentence was left out'}.")
    for sentence in dropped:
        reason = texts.why_left_out(sentence)
        say(f"Left out: {sentence.text}" + (f" ({reason})" if reason else ""))
