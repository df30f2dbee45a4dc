# On a bare machine: Python 3.11 with venv, git, make and the package registries are enough.
#
#   make test     install everything, then lint, types, layers, doctests and tests
#   make report   the report of EfficientNet-Lite0, in report.html
#   make bars     the measured claims as one table
#   make bench    ours and the peers' work side by side, in docs/benchmarks.md
#   make format   what ruff can put right by itself

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# pip forgets its constraints when it makes a build environment, unless told twice.
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check
# An editable install bundles the page, so its sources count.
SOURCES := pyproject.toml constraints.txt hatch_build.py web/build.mjs web/package-lock.json \
	$(shell find web/src -type f)

.PHONY: test lint report bars bench format chromium

# What the tests of a file share is made once: each file stays in one process.
test: lint chromium
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder \
		--doctest-modules src tests

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

report: .venv/.lite
	$(BIN)/curvecircuits report --model efficientnet_lite0 --out report.html

bars: .venv/.dev .venv/.lite
	$(BIN)/python -m bars

bench: .venv/.bench
	$(BIN)/python -m benchmarks --json docs/benchmarks.json --docs docs/benchmarks.md \
		--plot docs/images/benchmarks-growth.svg

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/.pip: constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) --upgrade pip
	@touch $@

.venv/.dev: .venv/.pip $(SOURCES)
	$(INSTALL) --editable . --group dev
	@touch $@

.venv/.lite: .venv/.pip $(SOURCES)
	$(INSTALL) --editable '.[lite,onnx]'
	@touch $@

.venv/.bench: .venv/.pip $(SOURCES)
	$(INSTALL) --editable . --group bench
	@touch $@

# The page is tested in a real browser.
chromium:
	@command -v chromium > /dev/null || test -x "$$CURVECIRCUITS_CHROMIUM" || { \
		as_root=; test "$$(id -u)" = 0 || as_root=sudo; \
		$$as_root apt-get update && $$as_root apt-get install --yes chromium; }
