"""A page to set an invoice on: text at a place, columns, pictures of text. It knows where its words stand."""

import io
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import fpdf
import matplotlib
from PIL import Image, ImageDraw, ImageFont

from ingest.types import DocumentLayout, PageLayout, Word

_FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
_FAMILIES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono")
_ASCENT, _DESCENT = 0.93, 0.24
"""Of these fonts, as a share of their size."""
_LEFT_OVER = re.compile(r"^(?:[\s·|,]|-\s)+|(?:[\s·|,]|\s-)+$")
"""Separators at the ends of a line, where what they part is empty; no minus before an amount."""
WIDTH, HEIGHT = 595.0, 842.0
LEFT, RIGHT = 50.0, 545.0


class Canvas:
    """Coordinates are points from the top left; ``size`` is the running text's."""

    def __init__(self, rng: random.Random, *, landscape: bool = False, mono: bool = False) -> None:
        self.pdf = fpdf.FPDF("landscape" if landscape else "portrait", "pt", "A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        family = _FAMILIES[2] if mono else rng.choice(_FAMILIES[:2])
        self.pdf.add_font("text", "", _FONTS / f"{family}.ttf")
        self.pdf.add_font("text", "B", _FONTS / f"{family}-Bold.ttf")
        self.size = rng.choice((8.0, 8.5, 9.0))
        self.step = self.size * rng.choice((1.35, 1.5))
        self.without: set[str] = set()
        """Fields that the layout leaves out, whatever the invoice says."""
        self._words: list[list[Word]] = []

    def page(self) -> None:
        self.pdf.add_page()
        self._words.append([])

    def text(self, x: float, y: float, text: str, *, size: float = 0, bold: bool = False, align: str = "left") -> None:
        """``y`` is the baseline; ``align`` says what ``x`` is: the text's left, right or centre."""
        text = _LEFT_OVER.sub("", text)
        if not any(character.isalnum() for character in text):
            return
        self.pdf.set_font("text", "B" if bold else "", size or self.size)
        width = self.pdf.get_string_width(text)
        left = {"left": x, "right": x - width, "center": x - width / 2}[align]
        self.pdf.text(left, y, text)
        self._note(text, left, y, self.pdf.get_string_width, size or self.size)

    def _note(
        self,
        text: str,
        left: float,
        y: float,
        width: Callable[[str], float],
        size: float,
        *,
        recognised: bool = False,
    ) -> None:
        """Remember where the words of a line stand; ``width`` is that of the letters before them."""
        top, bottom = y - _ASCENT * size, y + _DESCENT * size
        for found in re.finditer(r"\S+", text):
            sides = [left + width(text[:end]) for end in found.span()]
            self._words[-1].append(Word(found.group(), (sides[0], top, sides[1], bottom), recognised))

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        *,
        size: float = 0,
        align: str = "left",
        bold_first: bool = False,
    ) -> float:
        """Lines below each other; where the next one would stand."""
        step = self.step * (size or self.size) / self.size
        for number, line in enumerate(lines):
            if line:
                self.text(x, y, line, size=size, align=align, bold=bold_first and number == 0)
                y += step
        return y

    def pairs(
        self,
        x: float,
        across: float,
        y: float,
        pairs: Sequence[tuple[str, str | None]],
        *,
        colon: str = ":",
        right: bool = False,
        bold: bool = False,
    ) -> float:
        """Labels with their values ``across`` points to the right; those without a value are left out."""
        for label, value in pairs:
            if value:
                self.text(x, y, label + colon, bold=bold)
                self.text(x + across, y, value, align="right" if right else "left")
                y += self.step
        return y

    def stacked(
        self,
        places: Sequence[float],
        y: float,
        pairs: Sequence[tuple[str, str | None]],
        *,
        below: bool = True,
        bold: bool = False,
        align: str = "left",
    ) -> float:
        """Labels in a row, each with its value under it (or over it)."""
        kept = [(label, value) for label, value in pairs if value]
        for x, (label, value) in zip(places, kept, strict=False):
            upper, lower = (label, value) if below else (value, label)
            self.text(x, y, upper or "", bold=bold and below, align=align)
            self.text(x, y + self.step, lower or "", bold=bold and not below, align=align)
        return y + 2.6 * self.step

    def rule(self, y: float, left: float = LEFT, right: float = RIGHT) -> None:
        self.pdf.line(left, y, right, y)

    def picture(self, x: float, y: float, width: float, lines: Sequence[str]) -> float:
        """The lines as a picture; where it ends."""
        font = ImageFont.truetype(str(_FONTS / "DejaVuSans.ttf"), 42)
        across = max(int(font.getlength(line)) for line in lines) + 40
        image = Image.new("RGB", (across, 66 * len(lines) + 20), "white")
        draw = ImageDraw.Draw(image)
        for number, line in enumerate(lines):
            draw.text((20, 10 + 66 * number), line, fill=(30, 40, 70), font=font)
        height = width * image.height / image.width
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        self.pdf.image(buffer, x, y, width, height)
        scale = width / image.width
        for number, line in enumerate(lines):
            bottom = y + (10 + 66 * number + 42) * scale
            self._note(
                line, x + 20 * scale, bottom, lambda part: font.getlength(part) * scale, 42 * scale, recognised=True
            )
        return y + height

    @property
    def layout(self) -> DocumentLayout:
        """Where the words stand, those of pictures included: what reading the PDF would tell, but for its mistakes."""
        pages = tuple(
            PageLayout(number, self.pdf.w, self.pdf.h, tuple(words))
            for number, words in enumerate(self._words, start=1)
        )
        return DocumentLayout("", pages, len(pages))

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())
