"""The wordings of invoices, by language; see words.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Words:
    """For each thing that an invoice says its wordings: ``common`` ones, and those kept ``apart`` for testing."""

    locales: Sequence[str]
    common: dict[str, list[str]]
    apart: dict[str, list[str]]

    def options(self, name: str, *, unseen: bool) -> list[str]:
        """Those for fitting, or with ``unseen`` those kept apart and half of the common ones."""
        common, apart = self.common[name], self.apart.get(name, [])
        return [*common[::2], *apart] if unseen and apart else common


def _words(entry: dict[str, list[str]], apart: dict[str, list[str]]) -> Words:
    return Words(entry["locales"], {name: value for name, value in entry.items() if name != "locales"}, apart)


LANGUAGES = {
    language: _words({name: value for name, value in entry.items() if name != "apart"}, entry["apart"])
    for language, entry in tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8")).items()
}
