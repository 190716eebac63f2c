# make quickstart   a tiny video model trained with Video-KTR on this machine's CPU, and a report to look at
# make check test   what a change must pass
VENV ?= .venv
SEED ?= 0
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.PHONY: help install quickstart check test test-slow bench clean

help:
	@echo "make quickstart [SEED=0] | check | test | test-slow | bench | clean"

install: $(STAMP)

# Made anew when the requirements change, not when the code does: the package is installed in place.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=path" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -e ".[dev]" -c constraints.txt
	@touch $(STAMP)

quickstart: $(STAMP)
	$(BIN)/video-ktr quickstart --seed $(SEED)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP)
	$(BIN)/pytest

test-slow: $(STAMP)
	$(BIN)/pytest -m slow

bench: $(STAMP)
	$(BIN)/python benchmarks/step_cost.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
