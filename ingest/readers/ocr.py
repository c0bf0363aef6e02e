"""Words in pictures and scanned pages, read by Tesseract where that is installed (Debian: tesseract-ocr)."""

import io
import os
import re
import resource
import subprocess
import warnings
from collections.abc import Iterator

import psutil
from PIL import Image, ImageSequence, UnidentifiedImageError

from ingest.readers.base import NO_TESSERACT, ReadDocument, ReadOptions, Refused, has_tesseract
from ingest.readers.builder import DocumentBuilder
from ingest.readers.text import add_text
from ingest.types import Box

_PROGRAM = "tesseract"
_SIGNS_OF_LIFE = 6
"""A page may take longer than reading may come no further: in that time its process is heard of so often."""

_NO_LANGUAGES = frozenset({"osd", "equ"})
_LEAST_CONFIDENCE = 30
"""Of 100: what Tesseract is less sure of is mostly lines and specks."""
_HYPHEN = re.compile(r"(?<=[a-zäöüß])-\n(?=[a-zäöüß])")


class TextRecognition:
    """Reads the pictures of one document, telling meanwhile and after each that the work goes on."""

    def __init__(self, options: ReadOptions) -> None:
        """Raises Refused where Tesseract is not installed."""
        if not has_tesseract():
            raise Refused("no text", f"It is a picture. {NO_TESSERACT}")
        self._on_progress = options.on_progress
        self._memory = options.limits.ocr_memory_mb * 1024**2
        self._alive_seconds = options.limits.timeout_seconds / _SIGNS_OF_LIFE
        self._most_seconds = options.limits.ocr_seconds
        self._before = _seconds_of_ended()
        listed = subprocess.run([_PROGRAM, "--list-langs"], capture_output=True, text=True, check=False).stdout
        self._languages = sorted(listed.split("\n")[1:-1], key=lambda name: (name != "eng", name))

    def words(self, picture: Image.Image) -> str:
        """The text of a picture, paragraphs apart. Raises Refused when it takes too long or fails."""
        return _HYPHEN.sub("", self._run(picture, "txt").replace("\f", ""))

    def placed_words(self, picture: Image.Image, *, sparse: bool = False) -> list[tuple[str, Box]]:
        """The words of a picture with their places in pixels. Raises Refused as ``words`` does.

        ``sparse`` is for a picture of few words anywhere, such as a logo.
        """
        words = []
        for row in self._run(picture, "tsv", sparse=sparse).splitlines()[1:]:
            *places, confidence, text = row.split("\t")
            if text.strip() and float(confidence) >= _LEAST_CONFIDENCE:
                left, top, width, height = map(float, places[-4:])
                words.append((text.strip(), (left, top, left + width, top + height)))
        return words

    def _run(self, picture: Image.Image, output: str, *, sparse: bool = False) -> str:
        with io.BytesIO() as buffer:
            picture.convert("L").save(buffer, "PNG", compress_level=1)
            text = self._recognised(buffer.getvalue(), output, sparse)
        self._on_progress()
        return text

    def _recognised(self, png: bytes, form: str, sparse: bool) -> str:
        # Mode 1 also finds out which way is up, for which it needs a model of its own.
        mode = "11" if sparse else "1" if "osd" in self._languages else "3"
        spoken = "+".join(name for name in self._languages if name not in _NO_LANGUAGES)
        command = [_PROGRAM, "stdin", "stdout", "--psm", mode, *(("-l", spoken) if spoken else ()), form]
        # Its four threads wait for each other by spinning: three times the processor's time where cores are few.
        environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            if hasattr(resource, "prlimit"):
                resource.prlimit(process.pid, resource.RLIMIT_DATA, (self._memory, self._memory))
            unsent: bytes | None = png
            output = None
            while output is None:
                try:
                    output, _ = process.communicate(unsent, timeout=self._alive_seconds)
                except subprocess.TimeoutExpired:
                    running = psutil.Process(process.pid).cpu_times()
                    spent = _seconds_of_ended() - self._before + running.user + running.system
                    if spent > self._most_seconds:
                        process.kill()
                        detail = f"Reading the words in its pictures takes more than {self._most_seconds:g} seconds."
                        raise Refused("timeout", f"{detail} A higher ingest.ocr_seconds allows more.") from None
                    self._on_progress()
                    unsent = None
        if process.returncode:
            raise Refused("damaged", "The words in its pictures cannot be read.")
        return output.decode("utf-8", "replace")


def _seconds_of_ended() -> float:
    """Processor time of all programs that this process has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def picture_frames(data: bytes) -> Iterator[Image.Image]:
    """The picture, or each of several in a file. Raises Refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            picture = Image.open(io.BytesIO(data))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Refused("too large", "The picture has too many pixels.") from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise Refused("damaged", "The picture cannot be read.") from error
    try:
        with picture:
            for frame in ImageSequence.Iterator(picture):
                frame.load()  # here a picture that was cut off is found out
                yield frame
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused("damaged", "The picture cannot be read.") from error


def read_picture(data: bytes, options: ReadOptions) -> ReadDocument:
    """A picture, each of several in a file a page."""
    recognition = TextRecognition(options)
    builder = DocumentBuilder()
    for number, frame in enumerate(picture_frames(data), start=1):
        if getattr(frame, "n_frames", 1) > 1:
            builder.page(number)
        add_text(builder, recognition.words(frame))
    return builder.build()
