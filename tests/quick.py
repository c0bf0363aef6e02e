"""A plugin of pytest: ``--quick``, which keeps the tests that need no model quick."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# `make test-quick` runs what needs none of these. A module that is all marked so is not even imported.
_NOT_QUICK = ("models", "torch", "browser", "slow")
_MODULE_MARK = re.compile(rf"^pytestmark\b.*\bpytest\.mark\.({'|'.join(_NOT_QUICK)})\b", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help=f"leave out tests marked {', '.join(_NOT_QUICK)}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--quick") or not collection_path.match("test_*.py"):
        return None
    return bool(_MODULE_MARK.search(collection_path.read_text(encoding="utf-8"))) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        quick = [item for item in items if not any(item.get_closest_marker(name) for name in _NOT_QUICK)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(quick)])
        items[:] = quick
        if "torch" in sys.modules:
            raise pytest.UsageError("A quick test module imports torch, which takes seconds: mark it, or import later.")


@pytest.fixture(autouse=True)
def stays_quick(request: pytest.FixtureRequest) -> Iterator[None]:
    """A quick test that imports torch fails: it would make all the others wait."""
    before = "torch" in sys.modules
    yield
    if request.config.getoption("--quick") and not before and "torch" in sys.modules:
        pytest.fail("This test imports torch, so that it is not quick: mark it")
