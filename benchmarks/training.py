"""What further training would bring the embedded reader: short runs of ``refdesk finetune reader`` that go on from it,
each with one thing changed.

The long runs that made the embedded reader are reported by ``benchmarks.reader``.
"""

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from benchmarks.beir import medquad_answers
from benchmarks.data import unpack_medquad
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table, with_interval
from ingest.sentences import sentence_spans
from rag.components import open_embedder, open_reader, worker_settings
from rag.evaluation.figures import intervals, mean
from rag.evaluation.qa import evaluate_qa
from rag.evaluation.squad import normalised
from rag.evaluation.temporary_collection import temporary_collection
from rag.evaluation.types import Item, Text
from rag.reader.embedded import load_fast
from rag.reader.model import ExtractiveReader
from rag.reader.torch_network import TorchNetwork
from rag.reader.types import PassageText
from rag.reader.windows import PairTokenizer
from rag.settings.model import load_settings
from rag.training.reader.data import QuestionSet, as_squad, load_question_sets
from rag.training.reader.network import load_network
from vectorstore.models import resolve_model
from vectorstore.types import EVERYTHING

_FILES = ("squad2-part-a", "squadshifts-amazon", "squadshifts-reddit")
_SQUAD, _AMAZON, _REDDIT = _FILES
_SEED = 0
_EMBEDDED = "embedded"
_RETRIEVED = 5
_SURE = 2.0
"""The margin from which the embedded reader is believed, as the teacher of the self-trained one."""
_AS_TRAINED = {"--method": "full", "--learning-rate": "0.0001", "--near-misses": "0.4", "--altered": "0.25"}
_BEFORE = "the embedded reader"
_RUNS: Mapping[str, tuple[Sequence[str], Mapping[str, str]]] = {
    "trained on, as it was": (_FILES, {}),
    "learning rate 0.00003": (_FILES, {"--learning-rate": "0.00003"}),
    "learning rate 0.0003": (_FILES, {"--learning-rate": "0.0003"}),
    "LoRA, rank 16": (_FILES, {"--method": "lora", "--learning-rate": "0.001", "--rank": "16"}),
    "LoRA, rank 64": (_FILES, {"--method": "lora", "--learning-rate": "0.001", "--rank": "64"}),
    "no near misses, nothing altered": (_FILES, {"--near-misses": "0", "--altered": "0"}),
    "encyclopedia alone": ([_SQUAD], {}),
    "reviews and forum posts alone": ([_AMAZON, _REDDIT], {}),
    "self-trained on retrieved passages": ([*_FILES, "self-trained"], {}),
    "with answers of MedQuAD": ([*_FILES, "medquad-answers"], {}),
}


def run(data: Path, work: Path, questions: int = 800, steps: int = 60) -> dict[str, Any]:
    """``questions`` of each file, and so many ``steps`` a run."""
    folder = work / "training"
    files = held_out_questions(data)[: len(_FILES)]
    _write_files(data, work, folder, files, questions)
    tried = {_BEFORE: {**_judged(folder / _EMBEDDED, _write_embedded(folder), files), "seconds": 0.0}}
    for name, (chosen, changes) in _RUNS.items():
        output = folder / name.replace(" ", "-")
        options = {**_AS_TRAINED, **changes, "--max-steps": str(steps)}
        if not (output / "report.json").exists():
            if "self-trained" in chosen and not (folder / "self-trained.json").exists():
                _self_train(files, folder, open_reader(load_settings()))
            shutil.rmtree(output, ignore_errors=True)  # of a run that was interrupted
            _finetune(folder / _EMBEDDED, [folder / f"{one}.json" for one in chosen], output, options)
        report = json.loads((output / "report.json").read_text(encoding="utf-8"))
        tried[name] = {**_judged(output, _reader(folder, output), files), "seconds": report["seconds"]}
        sys.stderr.write(f"{name}: {tried[name]}\n")
    return {
        "questions": questions,
        "held_out": {part.name: len(part.held_out) for part in files},
        "steps": steps,
        "tried": tried,
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    names = list(result["held_out"])
    rows = [
        (
            name,
            *(with_interval(found["f1"][one]["mean"], found["f1"][one]["interval"]) for one in names),
            f"{found['squad2']:.2f}",
            f"{found['seconds'] / 60:.0f}",
        )
        for name, found in result["tried"].items()
    ]
    header = ("run", *(f"F1 {name}" for name in names), "SQuAD 2.0 F1", "minutes")
    return f"""### What further training brings

Runs of {result["steps"]} steps that go on from the embedded reader with {result["questions"]:,} questions of each file,
as it was trained but for one thing. F1 of the best span for held-out questions that have an answer, and the F1 of
SQuAD 2.0 on all those of {_SQUAD} with the margin that is best for it (knowing when there is no answer). Self-trained:
the embedded reader marks answers in passages that a search returns for the training questions, and learns from those
that hold a right one. Answers of MedQuAD: the first sentence of each answer is taken for the words that answer its
question.

{table(header, rows)}"""


def _write_embedded(folder: Path) -> ExtractiveReader:
    """The embedded reader, after writing it as a model to go on from."""
    resolved, network = load_fast()
    tokenizer = AutoTokenizer.from_pretrained(resolved.path, local_files_only=True)
    for part in (network, tokenizer):
        part.save_pretrained(folder / _EMBEDDED)
    return ExtractiveReader(_BEFORE, PairTokenizer.of(tokenizer), TorchNetwork(network))


def _write_files(data: Path, work: Path, folder: Path, files: Sequence[QuestionSet], questions: int) -> None:
    """The files to learn from."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(_SEED)
    for whole in files:
        chosen = draw.sample(whole.training, min(questions, len(whole.training)))
        _write(folder, as_squad(whole, chosen), whole.name)
    answers, asked = medquad_answers(unpack_medquad(data, work / "medquad"))
    texts = {text.id: text for text in answers}
    paragraphs = []
    for number, (question, right) in enumerate(draw.sample(asked, questions)):
        text = texts[right].text[:1500]
        start, end = sentence_spans(text)[0]
        answer = {"text": text[start:end], "answer_start": start}
        paragraphs.append({"context": text, "qas": [{"id": str(number), "question": question, "answers": [answer]}]})
    articles = [{"title": "", "paragraphs": [paragraph]} for paragraph in paragraphs]
    _write(folder, {"version": "v2.0", "data": articles}, "medquad-answers")


def _self_train(files: Sequence[QuestionSet], folder: Path, teacher: ExtractiveReader) -> None:
    """Passages that the desk's search returns for the training questions, with the answers that the embedded reader
    finds in them, where it is sure and the words are those of a right answer."""
    drawn = load_question_sets([folder / f"{part.name}.json" for part in files], 0.0, _SEED)
    settings = load_settings()
    embedder = open_embedder(settings)
    found: list[dict[str, Any]] = []
    for part in drawn:
        texts = [
            Text(str(n), part.file.paragraphs[n].title, part.file.paragraphs[n].text)
            for n in sorted({question.paragraph for question in part.training})
        ]
        with temporary_collection(texts, embedder, worker_settings(settings, embedder), lambda *_: None) as collection:
            for question in part.training:
                right = {normalised(answer.text) for answer in question.answers}
                passages = [
                    PassageText.of(passage.chunk)
                    for passage in collection.knowledge.search(question.text, EVERYTHING, limit=_RETRIEVED)
                    if str(question.paragraph) not in collection.ids[passage.chunk.document]
                ]
                for passage, reading in zip(passages, teacher.read(question.text, passages), strict=True):
                    for span in reading.spans[:1]:
                        words = passage.text[span.start : span.end]
                        if span.margin > _SURE and normalised(words) in right:
                            answer = {"text": words, "answer_start": span.start}
                            asked = {"id": str(len(found)), "question": question.text, "answers": [answer]}
                            found.append({"title": "", "paragraphs": [{"context": passage.text, "qas": [asked]}]})
    _write(folder, {"version": "v2.0", "data": found}, "self-trained")


def _write(folder: Path, squad: Mapping[str, Any], name: str) -> None:
    (folder / f"{name}.json").write_text(json.dumps(squad, ensure_ascii=False), encoding="utf-8")


def _finetune(model: Path, files: Sequence[Path], output: Path, options: Mapping[str, str]) -> None:
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", "finetune", "reader", *map(str, files)]
    fixed = {"--model": str(model), "--held-out": "0", "--seed": str(_SEED), "--patience": "0"}
    arguments = [word for option in {**fixed, **options, "--output": str(output)}.items() for word in option]
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([*command, *arguments, "--epochs", "20", "--home", home], check=True)


def _reader(folder: Path, output: Path) -> ExtractiveReader:
    """What a run has trained, an adapter merged into its model."""
    if (output / "model").exists():
        network = AutoModelForQuestionAnswering.from_pretrained(output / "model", local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(output / "model", local_files_only=True)
    else:
        tokenizer, adapted = load_network(
            resolve_model(str(folder / _EMBEDDED)), output / "adapter", "lora", 1, 0.0, _SEED
        )
        assert isinstance(adapted, PeftModel)
        network = adapted.merge_and_unload()
    return ExtractiveReader(output.name, PairTokenizer.of(tokenizer), TorchNetwork(network))


def _judged(output: Path, reader: ExtractiveReader, files: Sequence[QuestionSet]) -> dict[str, Any]:
    """The figures of the run in ``output``, kept there: an interrupted measurement goes on where it was."""
    kept = output / "judged.json"
    if not kept.exists():
        kept.write_text(json.dumps(_judge(reader, files)), encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _judge(reader: ExtractiveReader, files: Sequence[QuestionSet]) -> dict[str, Any]:
    read = {part.name: evaluate_qa(part.file, part.held_out, reader, lambda *_: None).items for part in files}
    return {
        "f1": {name: _best_span(items) for name, items in read.items()},
        "squad2": max(_squad2(read[_SQUAD], margin) for margin in _margins(read[_SQUAD])),
    }


def _best_span(items: Sequence[Item]) -> dict[str, Any]:
    held = [replace(item, scores={"f1": item.details["quality_if_answered"]}) for item in items if item.gold]
    return {"mean": round(mean(held, "f1") or 0.0, 4), "interval": intervals(held, ["f1"])["f1"]}


def _margins(items: Sequence[Item]) -> Iterator[float]:
    return (item.details["margin"] for item in items if item.details["margin"] is not None)


def _squad2(items: Sequence[Item], least: float) -> float:
    """The F1 of SQuAD 2.0, if a smaller margin meant that there is no answer."""
    return statistics.fmean(
        item.details["quality_if_answered"] if (item.details["margin"] or -100.0) >= least else float(not item.gold)
        for item in items
    )
