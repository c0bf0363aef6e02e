"""The one error type that reaches people: what happened, to which file or setting, what to do next."""


class RefdeskError(Exception):
    """A failure that the person can understand and act on.

    ``what`` says what happened, ``where`` names the file or setting concerned, ``remedy`` says what to do next.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.what}: {self.where}" if self.where else self.what
        return f"{head}. {self.remedy}" if self.remedy else head


class StoreError(RefdeskError):
    """The knowledge base cannot be opened, read or written."""


class IndexingMismatch(StoreError):
    """The knowledge base was indexed by another embedding model or chunking than the one that is set."""


class ModelUnavailable(RefdeskError):
    """A named model is in no local folder, cache or package, and cannot be downloaded."""


class UsageError(RefdeskError):
    """The call itself is wrong (exit code 2 on the command line)."""
