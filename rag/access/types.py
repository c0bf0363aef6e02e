"""Who asks the desk, and which scope they are given."""

from dataclasses import dataclass

from vectorstore.types import Scope


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``id`` is what is kept with what belongs to them, ``name`` is for people."""

    id: str
    name: str


LOCAL_OWNER = Principal("owner", "Owner")
"""Whoever sits at this machine: all that is kept in the home belongs to them."""

_NOTHING = Scope(documents=frozenset())


def scope_of(principal: Principal, wanted: Scope) -> Scope:
    """The scope of a call: what ``principal`` may see of what is ``wanted`` (``EVERYTHING``: all that they may see).

    Every method of the desk that reads documents asks here, and nothing else decides on rights. The owner of the
    machine may see all of it; anyone else sees nothing.

    >>> scope_of(LOCAL_OWNER, Scope(collections=frozenset({"staff"}))).collections
    frozenset({'staff'})
    """
    return wanted if principal == LOCAL_OWNER else _NOTHING
