"""Cutting a document into chunks: whole sentences, exact offsets, within the embedding model's own token limit."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from llama_index.core.node_parser import SentenceSplitter
from tokenizers import Tokenizer

from ingest.readers.base import ReadDocument
from ingest.sentences import sentence_spans
from vectorstore.types import HEADING_SEPARATOR, ParsedDocument, Span

_HEADING_TOKENS = 48
_SPECIAL_TOKENS = 2
_PIECE_OF_A_LONG_SENTENCE = r"(?s).+?(?:[,;.%](?=\s)|[。？！]|\s(?=[-*•–]\s)|\Z)"
"""Never inside a number: "7.5%" stays whole."""
_CHARACTERS_PER_TOKEN = 12  # a word of 10,000 letters is one unknown token to WordPiece, but no readable chunk


class Chunker:
    """Cuts with LlamaIndex's SentenceSplitter, counting with the embedding model's own tokenizer.

    ``limit`` is the number of tokens in a chunk and its heading together, special ones included.
    """

    def __init__(self, tokenizer_file: Path, limit: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._splitter = SentenceSplitter(
            chunk_size=limit - _SPECIAL_TOKENS,
            chunk_overlap=0,
            paragraph_separator="\n\n",
            tokenizer=lambda text: list(range(self._size(text))),
            chunking_tokenizer_fn=_sentences,
            secondary_chunking_regex=_PIECE_OF_A_LONG_SENTENCE,
        )

    def cut(self, document: ReadDocument) -> ParsedDocument:
        """The document with its chunks; none crosses a page, a heading or a record."""
        text = "".join(page.text for page in document.pages)
        sections = []
        for section in document.sections:
            headings = dict.fromkeys((*filter(None, [document.title]), *section.headings))
            sections.append(Span(section.start, section.end, HEADING_SEPARATOR.join(headings)))
        chunks = tuple(self.chunks(text, sections))
        return ParsedDocument(
            document.title, document.pages, document.units, chunks, document.metadata, document.blocks
        )

    def chunks(self, text: str, sections: Iterable[Span]) -> Iterator[Span]:
        """Those of each of ``sections``, under its heading, which is shortened where it is long."""
        for section in sections:
            heading = self._shortened(section.heading)
            for start, end in self._spans(text[section.start : section.end], heading):
                yield Span(section.start + start, section.start + end, heading)

    def _spans(self, body: str, heading: str) -> Iterator[tuple[int, int]]:
        position = 0
        for piece in self._splitter.split_text_metadata_aware(body, heading):
            # Without overlap the pieces follow each other, only white space between them is dropped.
            start = body.index(piece, position)
            position = start + len(piece)
            yield start, position

    def _size(self, text: str) -> int:
        return max(len(self._tokenizer.encode(text, add_special_tokens=False).ids), len(text) // _CHARACTERS_PER_TOKEN)

    def _shortened(self, heading: str) -> str:
        encoding = self._tokenizer.encode(heading, add_special_tokens=False)
        if len(encoding.ids) <= _HEADING_TOKENS and len(heading) <= _HEADING_TOKENS * _CHARACTERS_PER_TOKEN:
            return heading
        end = encoding.offsets[: _HEADING_TOKENS - 1][-1][1]
        return heading[: min(end, (_HEADING_TOKENS - 1) * _CHARACTERS_PER_TOKEN)].rsplit(" ", 1)[0] + "…"


def _sentences(text: str) -> list[str]:
    """Pieces that end where sentences end and together are ``text`` again, as the splitter needs them."""
    cuts = [0, *(start for start, _ in sentence_spans(text)[1:]), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]
