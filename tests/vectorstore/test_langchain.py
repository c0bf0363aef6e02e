from vectorstore.langchain import KnowledgeVectorStore
from vectorstore.sqlite.store import SqliteStore


def test_texts_are_added_found_replaced_and_deleted(knowledge: SqliteStore) -> None:
    store = KnowledgeVectorStore(knowledge)
    ids = store.add_texts(["Cats purr.", "Dogs bark loudly."], [{"title": "Cats"}, {"title": "Dogs"}], ids=["c", "d"])
    assert ids == ["c", "d"]
    found = store.similarity_search("which animals bark", k=1)
    assert (found[0].page_content, found[0].id) == ("Dogs bark loudly.", "d")
    store.add_texts(["Dogs howl."], ids=["d"])
    assert {document.page_content for document in store.similarity_search("dogs", k=5)} == {"Cats purr.", "Dogs howl."}
    assert [document.page_content for document in store.get_by_ids(["c", "unknown"])] == ["Cats purr."]
    store.delete(["d"])
    assert [document.page_content for document in store.similarity_search("dogs howl", k=5)] == ["Cats purr."]


def test_it_serves_as_a_retriever_of_its_own_collection_only(knowledge: SqliteStore) -> None:
    KnowledgeVectorStore(knowledge, "one").add_texts(["The sky is blue."])
    KnowledgeVectorStore(knowledge, "two").add_texts(["The sea is blue."])
    retriever = KnowledgeVectorStore(knowledge, "two").as_retriever(search_kwargs={"k": 5})
    assert [document.page_content for document in retriever.invoke("what is blue")] == ["The sea is blue."]
