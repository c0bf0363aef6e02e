from functools import partial
from pathlib import Path

import pytest

from rag.calibration.numbers import shipped_calibration
from rag.evaluation.beir import load_beir
from rag.evaluation.retrieval import evaluate_retrieval
from rag.evaluation.types import Evaluation
from rag.retrieval.hybrid import HybridRetriever
from tests.evaluation.conftest import MakeBeir, quiet, stored
from tests.fakes import KeywordReader
from vectorstore.errors import UsageError


def measured(folder: Path, reader: KeywordReader | None = None, limit: int = 12, candidates: int = 50) -> Evaluation:
    data = load_beir(folder)
    with stored(data.documents) as collection:
        search, fitted = partial(HybridRetriever, candidates=candidates), shipped_calibration()
        return evaluate_retrieval(data, collection, search, limit, reader or KeywordReader(), fitted, quiet)


def test_figures_of_a_small_set(make_beir: MakeBeir) -> None:
    documents = [
        {"_id": "eye", "title": "Glaucoma", "text": "It damages the optic nerve."},
        {"_id": "bone", "title": "", "text": "Osteoporosis weakens bones."},
        {"_id": "drops", "text": "Eye drops treat glaucoma."},
        {"_id": "nothing", "title": None, "text": ""},
    ]
    queries = {
        "1": "What weakens bones?",
        "2": "glaucoma optic nerve",
        "3": "Osteoporosis",
        "4": "never judged",
        "5": "bones",
    }
    judgements = "query-id\tcorpus-id\tscore\n1\tbone\t1\n2\tdrops\t2\n2\teye\t0\n3\tbone\t0\n"
    judgements += "9\tbone\t1\n5\tnothing\t1\n5\tgone\t1\n"
    evaluation = measured(make_beir(documents, queries, judgements))
    figures = evaluation.figures
    assert figures["queries"] == 3
    assert figures["queries_without_relevant_document"] == 1
    assert figures["documents"] == 4
    assert figures["documents_without_text"] == 1
    # Query 1 finds its document first, 2 second, and the documents of 5 are empty or not there.
    assert figures["hits@1"] == pytest.approx(1 / 3)
    assert figures["hits@5"] == figures["hits@20"] == pytest.approx(2 / 3)
    assert figures["mrr@10"] == pytest.approx(1.5 / 3)
    assert figures["ndcg@10"] == pytest.approx((1 + 0.63093) / 3, abs=1e-4)
    assert figures["mean_judgement@1"] == pytest.approx(1 / 4)
    assert figures["queries_per_second"] > 0


def test_without_header_and_with_windows_line_ends(make_beir: MakeBeir) -> None:
    data = load_beir(make_beir([{"_id": 7, "text": "Bones."}], {"1": "bones", "2": "eyes"}, "1\t7\t1\r\n"))
    assert data.queries == {"1": "bones"}
    assert data.judgements == {"1": {"7": 1.0}}
    assert [document.id for document in data.documents] == ["7"]


def test_copies_count_as_one_document(make_beir: MakeBeir) -> None:
    documents = [{"_id": key, "text": "Bones are weak."} for key in "abc"] + [{"_id": "d", "text": "Bones bend."}]
    figures = measured(make_beir(documents, {"1": "bones bend"}, "1\tb\t1\n1\tc\t2\n1\td\t1\n")).figures
    assert figures["hits@1"] == 1.0
    best, worse = 2 + 1 / 1.58496, 1 + 2 / 1.58496
    assert figures["ndcg@10"] == pytest.approx(worse / best, abs=1e-4)


@pytest.mark.slow
def test_the_reader_ranks_what_the_flow_reads_and_the_search_the_rest(make_beir: MakeBeir) -> None:
    documents = [{"_id": str(n), "text": f"Bones {'bones ' * (30 - n)} and word{n}."} for n in range(30)]
    folder = make_beir(documents, {"1": "bones"}, "1\t3\t1\n")
    hits = measured(folder, limit=2, candidates=4).items[0].details["hits"]
    assert len({hit for (hit,) in hits}) == 20
    second = hits[1][0]
    reader = KeywordReader(f"word{second}", margin=10.0)
    assert measured(folder, reader, limit=2, candidates=4).items[0].details["hits"][:2] == [(second,), hits[0]]


def test_a_document_ranks_by_its_best_passage_and_long_ones_do_not_hide_the_others(make_beir: MakeBeir) -> None:
    long = "\n\n".join(f"Bones heal in week {n}. " + "The patient rests and waits. " * 25 for n in range(40))
    documents = [{"_id": "long", "text": long}] + [{"_id": str(n), "text": f"Eye {n}."} for n in range(3)]
    folder = make_beir(documents, {"1": "bones heal week patient rests waits"}, "1\t2\t1\n")
    evaluation = measured(folder, candidates=10)
    assert evaluation.items[0].details["hits"][0] == ("long",)
    assert evaluation.figures["hits@5"] == 1.0


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "1"\n', "corpus.jsonl, line 1"),
        ("queries.jsonl", '\n{"id": "1"}\n', "queries.jsonl, line 2"),
        ("qrels/test.tsv", "1\t2\t1\n1\t2\tgood\n", "test.tsv, line 2"),
        ("qrels/test.tsv", "1\t2\t1\n1\t2\tnan\n", "test.tsv, line 2"),
        ("qrels/test.tsv", "other\t1\t1\n", "No query is judged"),
        ("corpus.jsonl", "\n", "no documents"),
    ],
)
def test_a_file_of_another_form_is_named(make_beir: MakeBeir, file: str, content: str, message: str) -> None:
    folder = make_beir([{"_id": "1", "text": "Bones."}], {"1": "bones"}, "1\t1\t1\n")
    (folder / file).write_text(content)
    with pytest.raises(UsageError, match=message):
        load_beir(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"qrels/test\.tsv"):
        load_beir(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        load_beir(tmp_path / "nowhere")
