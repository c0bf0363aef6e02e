"""A value that a field may have, as it stands in a form."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """Tokens of a form, as they stand there and as what they mean; ``traits`` are signals of its own, 0 to 1.

    A ``stand_in`` only hints at the value, as an address does at a name; it is shown where nothing says it.
    """

    tokens: range
    value: str
    normalised: str
    traits: Mapping[str, float] = field(default_factory=dict)
    stand_in: bool = False
