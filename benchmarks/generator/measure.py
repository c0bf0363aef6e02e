"""The embedded generator, as it comes and with its adapter: does it answer from the passages, cite the right one, and
say so where they do not answer? And what does the desk make of it?

Asked are questions of articles, posts and diseases that nothing was trained on, over three passages as the desk's
search finds them, in any order.

python -m benchmarks.generator.measure DATA --adapter FOLDER [--questions N] [--work FOLDER] tries another adapter than
the embedded one, and prints the figures.
"""

import argparse
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.generator.data import medquad_files
from benchmarks.generator.medical_sheets import medical_sheets
from benchmarks.generator.sheets import Asked, Sheet, squad_sheets
from benchmarks.held_out import QuestionSet, as_squad
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table, with_interval
from rag.answering.generation import write_checked
from rag.calibration.numbers import shipped_calibration
from rag.components import build_flow, open_embedder, open_reader, worker_settings
from rag.engine_selection import PROMPT_TOKENS_CPU
from rag.evaluation.answers import evaluate_answers, texts_of
from rag.evaluation.figures import intervals, means
from rag.evaluation.items import sampled
from rag.evaluation.squad import SquadFile, load_squad, normalised
from rag.evaluation.temporary_collection import temporary_collection
from rag.evaluation.types import Evaluation, Item
from rag.generators.adapters.gguf import converted
from rag.generators.engines.llamacpp import LlamaCppChat
from rag.generators.prompts import REFUSAL, build_messages
from rag.generators.registry import PACKAGED_ADAPTERS
from rag.generators.types import Generator
from rag.grounding.rules import RuleChecker
from rag.settings.model import load_settings
from vectorstore.models import SMOLLM2, resolve_model
from vectorstore.types import EVERYTHING

FIGURES = ("contained", "right_abstention", "false_abstention", "right_citation", "kept_by_the_check")
_DESK = ("f1", "em", "answered", "false_answers", "citation_precision", "unsupported_sentences")
_MARKER = re.compile(r"\s*\[(\d+)\]")
_SEED = 23
_PARAGRAPHS = 60
_QUESTIONS = 30
_ANSWERED = 2 / 3
"""Share of the questions that the passages answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was written, and how many of its sentences the check kept and dropped."""

    text: str
    kept: int
    dropped: int
    seconds: float
    tokens_per_second: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=_QUESTIONS, help="of each source")
    parser.add_argument("--work", type=Path, default=Path("data/benchmarks"), help="folder for unpacked data")
    arguments = parser.parse_args()
    result = run(arguments.data, arguments.work, arguments.questions, arguments.adapter)
    sys.stdout.write(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def run(data: Path, work: Path, questions: int = _QUESTIONS, adapter: Path | None = None) -> dict[str, Any]:
    """Ask ``questions`` of each source, and the whole desk as many of each file, with the adapter and without.

    ``adapter`` takes the place of the embedded one. What was written is kept in ``work``.
    """
    asked = _held_out(data, work, questions)
    chats = {"as it comes": _chat(None, work), "with the adapter": _chat(adapter or PACKAGED_ADAPTERS[SMOLLM2], work)}
    checker = RuleChecker(open_embedder(load_settings()), shipped_calibration().support)
    items = {
        way: [scored(sheet, one, _write(chat, checker, sheet, one)) for sheet, one in asked]
        for way, chat in chats.items()
    }
    replies = {
        way: [{"question": i.question, "expected": list(i.gold), "reply": i.given} for i in of]
        for way, of in items.items()
    }
    (work / "generator-replies.json").write_text(json.dumps(replies, indent=1, ensure_ascii=False), encoding="utf-8")
    return {
        "questions": len(asked),
        "ways": {way: _figures(of) for way, of in items.items()},
        "sources": {
            source: {way: _figures([i for i in of if i.slices["source"] == source]) for way, of in items.items()}
            for source in dict.fromkeys(sheet.source for sheet, _ in asked)
        },
        "kinds": {
            kind: {
                way: means([i for i in of if i.slices["kind"] == kind], ("right_abstention",))["right_abstention"]
                for way, of in items.items()
            }
            for kind in ("elsewhere", "impossible")
        },
        "seconds_a_reply": {way: _median(of, "seconds") for way, of in items.items()},
        "tokens_a_second": {way: _median(of, "tokens_per_second") for way, of in items.items()},
        "desk": _desk(data, chats, questions),
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    ways = table(
        ("three passages, in any order", *(name.replace("_", " ") for name in FIGURES), "seconds a reply", "tokens/s"),
        [
            (way, *_cells(of), result["seconds_a_reply"][way], result["tokens_a_second"][way])
            for way, of in result["ways"].items()
        ],
    )
    sources = table(
        ("questions of", "way", *(name.replace("_", " ") for name in FIGURES)),
        [(source, way, *_cells(of)) for source, by_way in result["sources"].items() for way, of in by_way.items()],
    )
    kinds = table(
        ("right abstentions where the answer is", *result["ways"]),
        [
            (name, *("" if share is None else f"{share:.2f}" for share in by_way.values()))
            for name, by_way in (
                ("in another passage", result["kinds"]["elsewhere"]),
                ("nowhere, though it looks so", result["kinds"]["impossible"]),
            )
        ],
    )
    desk = table(
        ("`evaluate answers` on held-out parts", "generator", *(name.replace("_", " ") for name in _DESK), "written"),
        [
            (name, way, *(_share(of["figures"][key], of["intervals"][key]) for key in _DESK), of["written"])
            for name, by_way in result["desk"].items()
            for way, of in by_way.items()
        ],
    )
    return "\n\n".join(
        (
            "## The embedded generator",
            f"SmolLM2-135M (4-bit, llama.cpp), asked {result['questions']} held-out questions. Contained: an answer's "
            "words stand in the reply (of questions with short answers). Right citation: of the contained answers, "
            "those that name the right passage and no other. Kept by the check: of the written sentences, those that "
            f"the passages support. 95% bootstrap intervals.{_training()}",
            ways,
            sources,
            kinds,
            desk,
        )
    )


def _training() -> str:
    """How the adapter was made."""
    report = json.loads((PACKAGED_ADAPTERS[SMOLLM2] / "report.json").read_text(encoding="utf-8"))
    return (
        f" The adapter: {report['steps']:,} steps of `refdesk finetune generator` ({report['seconds'] / 60:.0f} "
        f"minutes on {report['machine']['trained_on']}) on {report['checked']['samples']:,} chats made by "
        "`python -m benchmarks.generator.data`."
    )


def _held_out(data: Path, work: Path, questions: int) -> list[tuple[Sheet, Asked]]:
    """So many of each source."""
    settings = load_settings()
    embedder = open_embedder(settings)
    worker = worker_settings(settings, embedder)
    sheets = [
        squad_sheets(part, part.held_out, _PARAGRAPHS, embedder, worker, _SEED, lambda *_: None)
        for part in held_out_questions(data)
    ]
    sheets.append(medical_sheets(medquad_files(data, work, held_out=True)[:questions], _SEED, lambda *_: None))
    draw = random.Random(_SEED)
    chosen: list[tuple[Sheet, Asked]] = []
    for of_source in sheets:
        pairs = {one.question: (sheet, one) for sheet in of_source for one in sheet.asked}
        order = sorted(pairs)
        draw.shuffle(order)
        answered = [pairs[question] for question in order if pairs[question][1].passage]
        others = [pairs[question] for question in order if not pairs[question][1].passage]
        chosen += answered[: round(_ANSWERED * questions)] + others[: round((1 - _ANSWERED) * questions)]
    return chosen


def _chat(adapter: Path | None, work: Path) -> LlamaCppChat:
    base = resolve_model(SMOLLM2).path
    return LlamaCppChat(path=base, adapter=converted(adapter, base, work / "adapters") if adapter else None)


def _write(chat: LlamaCppChat, checker: RuleChecker, sheet: Sheet, one: Asked) -> Reply:
    messages = build_messages(one.question, sheet.shown, PROMPT_TOKENS_CPU, chat.get_num_tokens)
    began = time.perf_counter()
    pieces, first = [], None
    for chunk in chat.stream(messages):
        first = first or time.perf_counter()
        pieces.append(chunk.text)
    ended = time.perf_counter()
    text = "".join(pieces)
    grounds = checker.on(sheet.passages, one.question)
    # whether it is to the point is not asked
    *_, checked = write_checked([text], sheet.passages, grounds, lambda *_: True, None, lambda: 0.0)
    speed = chat.get_num_tokens(text) / max(1e-6, ended - (first or ended))
    return Reply(text, len(checked.sentences), len(checked.dropped), ended - began, speed)


def scored(sheet: Sheet, one: Asked, reply: Reply) -> Item:
    """The scores of a reply, those that can be given."""
    abstained = REFUSAL.rstrip(".").lower() in reply.text.lower()
    scores: dict[str, float] = {}
    weights: dict[str, int] = {}
    if one.passage:
        scores["false_abstention"] = float(abstained)
        said = f" {normalised(_MARKER.sub('', reply.text))} "
        contained = not abstained and any(f" {normalised(answer)} " in said for answer in one.answers)
        if one.answers:
            scores["contained"] = float(contained)
        if contained or (not one.answers and not abstained):
            scores["right_citation"] = float(set(_MARKER.findall(reply.text)) == {str(one.passage)})
    else:
        scores["right_abstention"] = float(abstained)
    if written := reply.kept + reply.dropped:
        scores["kept_by_the_check"] = reply.kept / written
        weights["kept_by_the_check"] = written
    return Item(
        f"{sheet.source} {one.question}",
        one.question,
        one.answers,
        reply.text,
        quality=scores.get("contained", scores.get("right_abstention", 0.0)),
        scores=scores,
        weights=weights,
        slices={"source": sheet.source, "kind": one.kind},
        details={"seconds": reply.seconds, "tokens_per_second": reply.tokens_per_second},
    )


def _figures(items: Sequence[Item]) -> dict[str, Any]:
    return {"figures": means(items, FIGURES), "intervals": intervals(items, FIGURES)}


def _median(items: Sequence[Item], name: str) -> float:
    return float(round(statistics.median(item.details[name] for item in items), 2))


def _desk(data: Path, chats: Mapping[str, LlamaCppChat], questions: int) -> dict[str, dict[str, Any]]:
    """`evaluate answers` on the held-out part of each file, in both ways."""
    settings = load_settings()
    embedder, reader = open_embedder(settings), open_reader(settings)
    measured: dict[str, dict[str, Any]] = {}
    for part in held_out_questions(data):
        file = _held_out_file(part)
        asked = sampled(file.questions, questions)
        with temporary_collection(
            texts_of(file), embedder, worker_settings(settings, embedder), lambda *_: None
        ) as collection:
            for way, chat in chats.items():
                flow = build_flow(settings, collection.knowledge, reader, _always(chat))
                evaluation = evaluate_answers(
                    file, asked, collection, partial(flow.events, scope=EVERYTHING), lambda *_: None
                )
                measured.setdefault(part.name, {})[way] = _desk_figures(evaluation)
    return measured


def _always(chat: LlamaCppChat) -> Generator:
    return Generator(lambda: chat, SMOLLM2, PROMPT_TOKENS_CPU, always=True)


def _held_out_file(part: QuestionSet) -> SquadFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{part.name}.json"
        path.write_text(json.dumps(as_squad(part, part.held_out)), encoding="utf-8")
        return load_squad(path)


def _desk_figures(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "figures": {name: evaluation.figures[name] for name in _DESK},
        "intervals": intervals(evaluation.items, _DESK),
        "written": evaluation.figures["kinds"].get("generated", 0),
    }


def _cells(of: Mapping[str, Any]) -> list[str]:
    return [_share(of["figures"][name], of["intervals"][name]) for name in FIGURES]


def _share(value: float | None, interval: Sequence[float] | None) -> str:
    return "" if value is None or interval is None else with_interval(value, interval)


if __name__ == "__main__":
    main()
