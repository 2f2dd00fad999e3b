# The project's commands. Python 3.11 or newer, make and git are all that has to be there.
PYTHON ?= python3
export PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:

.PHONY: serve test lint reproduce train ship bench requirements clean

serve: $(VENV)/serving  ## serve the page and the API on PORT (8000)
	@$(BIN)/python -m service serve

test: lint reproduce  ## everything CI runs
	$(BIN)/python -m pytest

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

reproduce: $(VENV)/dev  ## train on the shipped corpus and compare with the shipped model
	$(BIN)/python -m training reproduce

train: $(VENV)/dev  ## train a version and promote it if it is not worse: make train ARGS="--data mine.tsv"
	$(BIN)/python -m training $(ARGS)

ship: $(VENV)/dev  ## train the version that ships, after the corpus or the recipe changed
	$(BIN)/python -m training --models models/trained

bench: $(VENV)/bench  ## speed beside others (for HTTP it needs wrk)
	$(BIN)/python -m training.benchmarks speed

requirements: $(VENV)/dev  ## pin anew what requirements*.in name (needs uv)
	for name in requirements requirements-training requirements-dev requirements-bench; do \
	  uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 $$name.in -o $$name.txt || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Ondit needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/serving: requirements.txt | $(VENV)/bin/python
	$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt | $(VENV)/bin/python
	$(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/serving

$(VENV)/bench: requirements-bench.txt | $(VENV)/dev
	$(INSTALL) -r requirements-bench.txt
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
