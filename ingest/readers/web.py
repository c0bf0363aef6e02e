"""Web pages: what of a page is its text."""

from ingest.readers.base import ReadDocument, ReadOptions
from ingest.readers.footnotes import place_footnotes
from ingest.readers.html import decode_html, required_tree, tree_to_document


def read_html(data: bytes, _: ReadOptions) -> ReadDocument:
    text, encoding = decode_html(data)
    page = required_tree(text)
    place_footnotes({"": page})
    return tree_to_document(page, {"encoding": encoding})
