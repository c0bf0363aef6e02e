# Refdesk: `make run` is all a newcomer needs. The work is in scripts/; every target can be run again at any time.
PORT = 8501
DOCS =
DATA =
BEFORE =
ARGS =
# Each loads its own models: some 4 GB.
WORKERS = 2

.DEFAULT_GOAL := help
.PHONY: help map setup setup-dev run test test-quick check format bench soak lock handbook wheel-test clean

# Compiled libraries are kept, or every start would compile them again.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv and install what the locks pin
	@scripts/setup

setup-dev: ## the same, with what tests and checks need
	@scripts/setup --dev

run: ## set up, take in the handbook, serve the chat [DOCS=folder] [PORT=8501]
	@scripts/setup
	@scripts/run "$(PORT)" "$(DOCS)"

test: setup-dev ## run every test, two at a time, with the coverage [ARGS="-k words"]
	@.venv/bin/pytest -n $(WORKERS) --dist loadscope --cov $(if $(ARGS),--cov-fail-under 0) $(ARGS)

test-quick: setup-dev ## run the tests that load no model, in a minute and a half
	@.venv/bin/pytest -n $(WORKERS) --quick $(ARGS)

check: setup-dev ## format, lint, types, import layers, dead code, spelling, the map
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/vulture
	.venv/bin/codespell
	.venv/bin/python scripts/draw_house.py --check

format: setup-dev ## rewrite the code in the house format
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

map: setup-dev ## draw docs/architecture.md's picture and table of rooms from the code
	@.venv/bin/python scripts/draw_house.py

bench: setup-dev ## side-by-side measurements [DATA=folder] [BEFORE=checkout]
	@.venv/bin/python -m benchmarks $(if $(DATA),--data "$(DATA)") $(if $(BEFORE),--before "$(BEFORE)")

soak: setup-dev ## the long counts: kills, flips, mutations
	@.venv/bin/pytest -m soak --timeout 0 $(ARGS)

lock: ## resolve requirements/*.in into the hash-pinned locks
	@scripts/lock

handbook: setup-dev ## build the handbook's PDF and DOCX from their sources
	@.venv/bin/python scripts/build_handbook.py

wheel-test: setup-dev ## build the wheel, install it into an empty environment, import it there
	@.venv/bin/python scripts/wheel_test

clean: ## remove .venv, builds and caches; documents and conversations stay
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
