# The commands of this project; CI runs `make test` and `make lint`.
PYTHON ?= python3
BIN := .venv/bin
CORPUS ?= ../shared/data

.PHONY: setup demo test lint format bench clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	$(BIN)/python -P -m eurocorpus.pipeline.warm
	touch $@

demo: setup
	$(BIN)/eurocorpus demo

test: setup
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup .venv-peers/installed
	$(BIN)/python benchmarks/end_to_end.py $(CORPUS)/warc

.venv-peers/installed: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --requirement benchmarks/peers.txt
	touch $@

clean:
	rm -rf .venv .venv-peers runs dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
