"""What a question names and no document does."""

from collections.abc import Iterator

import pytest

from rag.query.understanding import query_of
from rag.retrieval.hybrid import HybridRetriever
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, resolve_model
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Scope

TEXTS = {
    "Glaucoma": "Glaucoma is treated with eye drops such as timolol. It affects the old. Surgery was new in 2019.",
    "Ferry": "The ferry to Norderney leaves at noon. Dogs travel free of charge. Guests pay 12 euros in zone 3.",
    "Python": "Install Python 3.11 on the server before you start. The part AB-204 fits model X200.",
    "Reisekosten": "Die Reisekostenrichtlinie gilt für alle Mitarbeiterinnen. Anträge stellt man bei Frau Okafor.",
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path_factory.mktemp("home"), HashEmbedder(dimension=256))
    for title, text in TEXTS.items():
        put_text(base, f"{title}.txt", text, title=title)
    yield base
    base.close()


def unnamed_in(base: KnowledgeStore, message: str, scope: Scope = EVERYTHING) -> tuple[str, ...]:
    with base.view() as view:
        return query_of(message, (), view, HybridRetriever(view), scope).unnamed


@pytest.mark.parametrize(
    ("message", "unnamed"),
    [
        ("How is glaucoma treated in horses?", ("horses",)),
        ("Can parrots get glaucoma?", ("parrots",)),
        ("Does Lecanemab help against glaucoma?", ("Lecanemab",)),
        ("Which Python version follows 3.11?", ()),
        ("How do I install Python 3.13?", ("3.13",)),
        ("What does part AB-205 fit?", ("AB-205",)),
        ("Does AB-204 fit model X200?", ()),
        ("What do guests pay in zone 7?", ("7",)),
        ("What do guests pay in zone 3?", ()),
        ("What was new in 2018?", ("2018",)),
        ("What was new in 2019?", ()),
        ("Do 4 guests pay less on Tuesday?", ()),
        ("What does a 10 kg bag cost?", ()),
        ("What should I do when AB-204 appears?", ()),
        ("When does the ferry to Juist leave?", ("Juist",)),
        ("How do I renew a pension?", ("pension",)),
        ("Where do the guests pay?", ()),
        ("My husband has glaucoma, in what ways can surgery help?", ()),
        ("Is surgery covered for guests?", ()),
        ("How can we prevent or avoid glaucoma?", ()),
        ("What is the difference between the types of ferry?", ()),
        ("Wo steht etwas zu Reisekosten?", ()),
        ("Wer ist zuständig für die Reisekostenrichtlinien?", ()),
        ("Wo beantragt man bei Frau Lindqvist?", ("Lindqvist",)),
    ],
)
def test_what_no_passage_holds_is_told(message: str, unnamed: tuple[str, ...], documents: KnowledgeStore) -> None:
    assert unnamed_in(documents, message) == unnamed


def test_what_is_out_of_scope_names_nothing(documents: KnowledgeStore) -> None:
    with documents.view() as view:
        (ferry,) = (document.id for document in view.documents(EVERYTHING, ["Ferry"])[1])
    assert unnamed_in(documents, "How is glaucoma treated?") == ()
    assert unnamed_in(documents, "How is the glaucoma treated?", Scope(documents=frozenset({ferry}))) == ("glaucoma",)


@pytest.mark.models
def test_a_word_that_means_much_the_same_names_a_thing(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = open_store(tmp_path_factory.mktemp("home"), LocalEmbedder(resolve_model(MINILM)))
    put_text(base, "house.txt", "Visitors may leave their vehicle in the yard.", title="House rules")
    assert unnamed_in(base, "Where may our guests park a car?") == ()
    assert unnamed_in(base, "Where may our guests park a zeppelin?") == ("zeppelin",)
    base.close()
