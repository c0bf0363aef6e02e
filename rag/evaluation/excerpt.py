"""A piece of a long text that is enough to see what went wrong."""

_CHARACTERS = 300


def excerpt(text: str, place: int = 0) -> str:
    """About 300 characters around ``place``.

    >>> excerpt("Short enough.")
    'Short enough.'
    """
    first = max(0, min(place - _CHARACTERS // 2, len(text) - _CHARACTERS))
    last = first + _CHARACTERS
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")
