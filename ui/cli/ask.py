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
from ui.cli.desk import open_desk
from ui.cli.output import EngineOption, HomeOption, JsonOption, confirm_download, errors, print_json, say
from ui.serving import ask_served
from vectorstore.types import EVERYTHING, Scope


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
        if retrieval and (missing := _what_is_missing(desk, collection or ())):
            errors.print(missing, markup=False, soft_wrap=True)
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


def _what_is_missing(desk: Desk, wanted: Sequence[str]) -> str:
    """Says what was asked for and holds no documents; empty where there is nothing to say."""
    held = desk.documents.holdings(LOCAL_OWNER, EVERYTHING).collections
    if not held:
        return "There are no documents yet: `refdesk ingest PATH` brings them in."
    absent = [name for name in wanted if name not in held]
    if not absent:
        return ""
    return f"No documents in the collection {', '.join(absent)}. There are some in: {', '.join(held)}."


def _print(answer: Answer) -> None:
    if answer.looked_up:
        say(f"Looked up: {answer.looked_up}\n")
    if answer.kind == "abstained":
        say("The documents do not say.")
        if answer.related:
            say("\nNearest passages (related, not an answer):")
        cited = answer.related
    else:
        for sentence in answer.sentences:
            say(sentence.text + "".join(f" [{n}]" for n in sentence.citations))
        cited = answer.citations
        if cited:
            say("")
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
