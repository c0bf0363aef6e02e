"""A layout as JSON, on its way out of the parse worker. A word is a list, as there are many."""

from typing import Any

from ingest.types import DocumentLayout, PageLayout, Word


def layout_to_json(layout: DocumentLayout) -> dict[str, Any]:
    pages = [
        {
            "number": page.number,
            "size": [page.width, page.height],
            "words": [[word.text, *(round(side, 2) for side in word.box), word.recognised] for word in page.words],
        }
        for page in layout.pages
    ]
    return {
        "title": layout.title,
        "pages": pages,
        "page_count": layout.page_count,
        "unread_pictures": layout.unread_pictures,
        "notes": list(layout.notes),
    }


def layout_from_json(value: dict[str, Any]) -> DocumentLayout:
    pages = tuple(
        PageLayout(
            page["number"],
            page["size"][0],
            page["size"][1],
            tuple(
                Word(text, (left, top, right, bottom), recognised)
                for text, left, top, right, bottom, recognised in page["words"]
            ),
        )
        for page in value["pages"]
    )
    return DocumentLayout(value["title"], pages, value["page_count"], value["unread_pictures"], tuple(value["notes"]))
