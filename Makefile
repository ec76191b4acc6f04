# Two commands: `make demo` and `make test`. Both set up what they need in .venv by themselves.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: demo test lint unit soak postgresql image lock bench clean

demo: .venv/.installed  ## train on the bundled newsroom if need be, then serve site and API
	@$(BIN)/silah demo --port $(PORT)

test: lint unit image  ## everything that has to hold before a change lands

lint: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/.installed-dev postgresql
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

soak: .venv/.installed-dev  ## floors on the newspapers beside the project; what is always true of lists, on other random examples each time
	$(BIN)/python -m pytest -p no:cacheprovider -m long
	$(BIN)/python -m pytest -p no:cacheprovider --hypothesis-profile soak tests/test_always_true.py

postgresql:  ## the server that tests start for themselves; where it cannot be had, they are left out and named
	@tests/support/install_postgresql

image: .venv/.installed-dev  ## the Dockerfile, linted, and its steps in a clean Debian
	tests/image/run

lock: .venv/.installed-dev  ## after a change of dependencies in pyproject.toml
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --extra postgresql -o requirements.lock
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --extra dev -o requirements-dev.lock
	$(BIN)/uv pip compile $(LOCK) --constraints requirements-dev.lock pyproject.toml --extra postgresql --extra files --extra web -o requirements-import.lock
LOCK := --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.venv/.installed: requirements-import.lock pyproject.toml
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into .venv …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-import.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

bench: .venv/.installed-dev  ## every benchmark of speed, one table, docs/performance.md; about forty minutes
	$(BIN)/python -m benchmarks --write

clean:
	rm -rf .venv artifacts .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
