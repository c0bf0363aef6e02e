"""``refdesk ask``: one question, one answer with its sources."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.status import Status

from rag.access.types import LOCAL_OWNER
from rag.desk.protocols import Desk
from rag.settings.model import load_settings
from rag.types import Answer, Done, Dropped, Event
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from ui.left_out import summary, why
from vectorstore.types import EVERYTHING, Scope


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    collection: Annotated[list[str] | None, typer.Option("--collection", help="Ask only these collections.")] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", help="transformers, llamacpp, openai or extractive.")
    ] = None,
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
    chosen = {"engine": engine, "model": model, "adapter": adapter}
    settings = load_settings(home, generator={key: value for key, value in chosen.items() if value is not None})
    scope = Scope(collections=frozenset(collection)) if collection else EVERYTHING
    with (
        errors.status("Loading the models") as waiting,
        open_desk(context, settings, confirm_download(waiting), retrieval=retrieval) as desk,
    ):
        events = desk.questions.answer(LOCAL_OWNER, scope, question)
        if retrieval and (missing := _what_is_missing(desk, collection or ())):
            errors.print(missing, markup=False, soft_wrap=True)
        *_, done = _watched(events, waiting)
    assert isinstance(done, Done)
    answer = done.answer
    if as_json:
        print_json(answer_as_json(answer))
        return
    _print(answer)
    if left_out:
        _print_left_out(answer.dropped)


def _watched(events: Iterator[Event], waiting: Status) -> Iterator[Event]:
    """The events as they come: from the first one on, the models are loaded."""
    for event in events:
        waiting.update("Looking it up")
        yield event


def _what_is_missing(desk: Desk, wanted: Sequence[str]) -> str:
    """Says what was asked for and holds no documents; empty where there is nothing to say."""
    held = desk.documents.holdings(LOCAL_OWNER, EVERYTHING).collections
    if not held:
        return "There are no documents yet: `refdesk ingest PATH` brings them in."
    absent = [name for name in wanted if name not in held]
    if not absent:
        return ""
    return f"No documents in the collection {', '.join(absent)}. There are some in: {', '.join(held)}."


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """The answer in the form that the command line and the API share."""
    fields = dataclasses.asdict(answer)
    fields["timings_ms"] = fields.pop("timings")
    for name in ("dropped", "withheld", "probability"):  # never part of an answer
        del fields[name]
    for name in ("notices", "looked_up", "unfitted"):  # where there is something to say
        if not fields[name]:
            del fields[name]
    return {"answer": answer.text, **fields}


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
    say(f"\n{summary(dropped) or 'No sentence was left out'}.")
    for sentence in dropped:
        reason = why(sentence)
        say(f"Left out: {sentence.text}" + (f" ({reason})" if reason else ""))
