"""Who asks the desk, and the one place that decides what they may see and do."""

from dataclasses import dataclass, field

from vectorstore.errors import UsageError
from vectorstore.types import Scope


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``id`` says who it is, and is kept with what belongs to them; ``name`` is for people."""

    id: str
    name: str = field(compare=False)


LOCAL_OWNER = Principal("owner", "Owner")
"""Whoever sits at this machine: all that is kept in the home belongs to them."""

_NOTHING = Scope(documents=frozenset())


def scope_of(principal: Principal, wanted: Scope) -> Scope:
    """The scope of a call: what ``principal`` may see of what is ``wanted`` (``EVERYTHING``: all that they may see).

    Every method of the desk that reads documents asks here. The owner of the machine may see all of it; anyone else
    sees nothing.

    >>> scope_of(LOCAL_OWNER, Scope(collections=frozenset({"staff"}))).collections
    frozenset({'staff'})
    """
    return wanted if principal == LOCAL_OWNER else _NOTHING


def require_curator(principal: Principal) -> None:
    """Raises UsageError for a principal who may not change what is kept, nor look after its jobs, forms and runs."""
    if principal != LOCAL_OWNER:
        raise UsageError("Only the owner may do this", where=principal.name, remedy="Ask whoever runs this Refdesk.")
