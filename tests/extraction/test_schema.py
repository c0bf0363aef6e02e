"""Schemas: those that come along, and what is said of wrong ones."""

from pathlib import Path

import pytest

from rag.extraction.saving import save_schema
from rag.extraction.schema import list_schemas, load_schema, parse_schema
from rag.extraction.types import FieldDraft
from vectorstore.errors import UsageError


def test_the_schemas_that_come_along(tmp_path: Path) -> None:
    found = {info.name: [field.name for field in info.fields] for info in list_schemas(tmp_path)}
    assert found["invoice"] == ["issuer", "invoice_number", "date", "amount", "currency"]
    assert {"receipt", "medical-report"} <= set(found)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("fields = 3", "x.toml, fields", "dictionary"),
        ("[fields.a]\ncolour = 1", "x.toml, fields.a.colour", "not permitted"),
        ('[fields.a]\ntype = "colour"', "x.toml, fields.a.type", "'text'"),
        ('[fields.a]\npatterns = ["("]', "x.toml, fields.a.patterns", "no regular expression"),
        ('[fields.a]\ntype = "choice"', "x.toml, fields.a", "choices"),
        ('[fields.A-B]\ntype = "text"', "x.toml", "lower-case"),
        ('[fields.a]\n[[checks]]\nparts = ["a", "b"]\ntotal = "c"', "x.toml", "no amount field"),
        ("", "x.toml, fields", "required"),
        ("[fields", "x.toml", "not valid TOML"),
    ],
)
def test_a_wrong_schema_is_refused_and_the_entry_named(text: str, where: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_schema(text, "x", "x.toml")
    assert error.value.where.startswith(where)
    assert says in str(error.value)


def test_an_unknown_schema_is_refused_and_the_known_ones_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such schema: nothing.*invoice, medical-report, receipt"):
        load_schema("nothing", tmp_path)


def test_a_saved_schema_is_found_by_its_name_and_replaced_by_the_next(tmp_path: Path) -> None:
    save_schema(
        tmp_path, "notes", 'Delivery "notes"', [FieldDraft("number", "identifier", ("Note no.",), "What is it?")]
    )
    save_schema(tmp_path, "notes", "Notes", [FieldDraft("day", "date", ("Délivré le",), required=False)])
    loaded = load_schema("notes", tmp_path)
    assert (loaded.fields["day"].type, loaded.fields["day"].labels) == ("date", ("Délivré le",))
    assert [info.name for info in list_schemas(tmp_path) if not info.builtin] == ["notes"]


@pytest.mark.parametrize("name", ["invoice", "../evil", "Über", ""])
def test_a_schema_cannot_have_any_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        save_schema(tmp_path, name, "", [FieldDraft("a", "text")])
    assert not list(tmp_path.rglob("*.toml"))


def test_a_schema_file_can_be_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[fields.total]\ntype = "amount"\nlabels = ["sum"]')
    assert load_schema(str(file), tmp_path / "home").name == "mine"
