"""The fitted numbers that an answer hangs on, as data beside the fingerprints of the models they were fitted to.

``shipped.json`` holds those that come with Refdesk, ``shipped-multilingual.json`` those for its other embedding model.
A person's own, which ``refdesk evaluate fit`` writes, lie in ``calibration.json`` of the home, and take the place of
the shipped ones part by part.
"""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from rag.calibration.scoring import AnswerSupportModel, CertaintyModel, LogisticModel, SupportModel
from rag.calibration.signals import (
    AnswerabilitySignals,
    AnswerSupportSignals,
    CertaintySignals,
    PassageSignals,
    SentenceSignals,
    SupportSignals,
)
from vectorstore.disk import replace_text
from vectorstore.errors import RefdeskError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Weights = TypeVar("Weights", bound="DataclassInstance")
Stored = Mapping[str, Any]

SHIPPED = Path(__file__).with_name("shipped.json")
_SHIPPED = (SHIPPED, SHIPPED.with_name("shipped-multilingual.json"))
CALIBRATION_FILE = "calibration.json"
_ORDER = "reranking"
_OF_ONE_READER = "answer_support"
"""With another reader these are not used."""
_REFIT = "Fit them with `refdesk evaluate fit`, or go back to those that come with Refdesk: `evaluate fit --reset`."


@dataclass(frozen=True, slots=True)
class Models:
    """Fingerprints of an embedding model and of a reader; a ``reader`` of None takes no part."""

    embedder: str
    reader: str | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted numbers. ``fitted_to`` says by their names which models they belong to."""

    reranking: PassageSignals
    sentence_selection: SentenceSignals
    answerability: LogisticModel[AnswerabilitySignals]
    certainty: CertaintyModel
    support: SupportModel
    answer_support: AnswerSupportModel
    fitted_to: Mapping[str, Models]

    def unfitted(self, embedder: str, reader: str) -> tuple[str, ...]:
        """Of the numbers, in words, those that were fitted to other models than the ones with these fingerprints."""
        return tuple(
            name.replace("_", " ")
            for name, models in self.fitted_to.items()
            if name != _OF_ONE_READER and (models.embedder != embedder or models.reader not in (None, reader))
        )

    def answer_support_of(self, reader: str) -> AnswerSupportModel | None:
        """That of the reader with this fingerprint; None where it is another's, and the check does without."""
        return self.answer_support if self.fitted_to[_OF_ONE_READER].reader == reader else None


def load_calibration(home: Path, embedder: str = "") -> Calibration:
    """The person's own numbers; of what they have not fitted, those that come with Refdesk for the embedding model of
    the fingerprint ``embedder``.

    Raises RefdeskError where the file in ``home`` is damaged.
    """
    shipped, file = shipped_calibration(embedder), home / CALIBRATION_FILE
    if not file.exists():
        return shipped
    try:
        own = _read(json.loads(file.read_text(encoding="utf-8")))
        return replace(shipped, **own | {"fitted_to": MappingProxyType({**shipped.fitted_to, **own["fitted_to"]})})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefdeskError(f"These fitted numbers cannot be read ({error})", where=str(file), remedy=_REFIT) from error


def calibration_state(home: Path) -> tuple[int, int] | None:
    """Another value when a person's own numbers have changed; None where there are none."""
    try:
        told = (home / CALIBRATION_FILE).stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_ino


def shipped_calibration(embedder: str = "") -> Calibration:
    """The numbers that come with Refdesk: for the embedding model of this fingerprint, or for the English one."""
    return _shipped(shipped_file(embedder))


@functools.cache
def _shipped(file: Path) -> Calibration:
    return Calibration(**_read(json.loads(file.read_text(encoding="utf-8"))))


@functools.cache
def shipped_file(embedder: str) -> Path:
    """Where the numbers are that come with Refdesk for the embedding model of a fingerprint."""
    fitted = [file for file in _SHIPPED if json.loads(file.read_text(encoding="utf-8"))[_ORDER]["embedder"] == embedder]
    return fitted[0] if fitted else SHIPPED


def store_calibration(home: Path, calibration: Calibration) -> Path:
    """Keep what of ``calibration`` does not come with Refdesk; return the file."""
    file, shipped = home / CALIBRATION_FILE, shipped_calibration(calibration.fitted_to[_ORDER].embedder)
    stored = {
        name: numbers
        for name, numbers in as_stored(calibration).items()
        if (getattr(calibration, name), calibration.fitted_to[name])
        != (getattr(shipped, name), shipped.fitted_to[name])
    }
    home.mkdir(parents=True, exist_ok=True)
    replace_text(file, json.dumps(stored, indent=1) + "\n")
    return file


def as_stored(calibration: Calibration) -> dict[str, Stored]:
    """All of it as it is kept in JSON."""
    return {name: asdict(calibration.fitted_to[name]) | _as_stored(getattr(calibration, name)) for name in _READERS}


def forget_calibration(home: Path) -> bool:
    """Go back to the numbers that come with Refdesk; False where there are no others."""
    file = home / CALIBRATION_FILE
    existed = file.exists()
    file.unlink(missing_ok=True)
    return existed


def _read(stored: Stored) -> dict[str, Any]:
    numbers = {name: _READERS[name](raw) for name, raw in stored.items()}
    fitted_to = {name: Models(str(raw["embedder"]), raw.get("reader")) for name, raw in stored.items()}
    return numbers | {"fitted_to": MappingProxyType(fitted_to)}


def _weights(of: type[Weights], stored: Stored) -> Weights:
    weights: Stored = stored["weights"]
    if not weights:
        raise ValueError("no weights")
    # A signal that has come in since they were fitted weighs nothing.
    return of(**{field.name: float(weights.get(field.name, 0.0)) for field in fields(of)})


_READERS: Mapping[str, Callable[[Stored], object]] = {
    "reranking": lambda stored: _weights(PassageSignals, stored),
    "sentence_selection": lambda stored: _weights(SentenceSignals, stored),
    "answerability": lambda stored: LogisticModel(float(stored["intercept"]), _weights(AnswerabilitySignals, stored)),
    "certainty": lambda stored: CertaintyModel(
        float(stored["intercept"]), _weights(CertaintySignals, stored), float(stored["threshold"])
    ),
    "support": lambda stored: SupportModel(
        float(stored["intercept"]), _weights(SupportSignals, stored), float(stored["threshold"])
    ),
    "answer_support": lambda stored: AnswerSupportModel(
        float(stored["intercept"]), _weights(AnswerSupportSignals, stored), float(stored["threshold"])
    ),
}


def _as_stored(numbers: "DataclassInstance") -> dict[str, Any]:
    stored = asdict(numbers)
    return stored if "weights" in stored else {"weights": stored}
