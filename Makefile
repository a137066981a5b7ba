# entherm: `make` alone lists what there is to do.
#
# Three environments of its own, each from a lock with hashes: .venv to run, .venv-dev to develop,
# .venv-bench to compare with other software. They are made when first needed, and again when their
# lock changes. Programs are called by their path, so an environment that you have active stays as it
# is.

PYTHON ?= python3
UV     ?= .venv-dev/bin/uv
# More words for the command line, as in: make reproduce ARGS="--json"
ARGS   ?=

# What an active environment may have set must not leak into these.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

RUN := .venv/bin
DEV := .venv-dev/bin
BENCH := .venv-bench/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help reproduce test lint format benchmark lock clean

help:  ## show this list
	@echo "usage: make TARGET [PYTHON=python3.12]"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

reproduce: .venv/project.stamp  ## set up .venv and reproduce the paper into out/
	$(RUN)/entherm reproduce $(ARGS)

# One BLAS thread a process: two test processes share the machine's cores.
test: .venv-dev/project.stamp  ## run the tests and the examples of the docstrings
	OPENBLAS_NUM_THREADS=1 $(DEV)/python -m pytest -n 2 $(ARGS)

CHECKED := src tests tools $(wildcard benchmarks)

lint: .venv-dev/project.stamp  ## check format, style and types
	$(DEV)/ruff format --check $(CHECKED)
	$(DEV)/ruff check $(CHECKED)
	$(DEV)/mypy

format: .venv-dev/project.stamp  ## put format and simple style right
	$(DEV)/ruff format $(CHECKED)
	$(DEV)/ruff check --fix $(CHECKED)

# Half an hour and 4 GB on an idle machine. ARGS="--only B1,B7" runs some rows, ARGS=--quick all of
# them, small, and keeps the page as it is.
benchmark: .venv-bench/project.stamp  ## time entherm against its peers into docs/benchmarks.md
	$(BENCH)/python benchmarks/run.py $(ARGS)
	$(BENCH)/python tools/benchmark_page.py

# Pins stay as they are where they still fit; `make lock ARGS=--upgrade` takes the newest.
# One version of each library on every Python (fewest), so that figures do not depend on it.
LOCK := pip compile pyproject.toml --extra jax --extra dask --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet

lock: $(if $(filter .venv-dev/%,$(UV)),.venv-dev/lock.stamp)  ## pin the libraries anew (ARGS=--upgrade: the newest)
	$(UV) $(LOCK) $(ARGS) --group build --output-file requirements.lock
	$(UV) $(LOCK) $(ARGS) --group dev --constraints requirements.lock \
	  --output-file requirements-dev.lock
	$(UV) $(LOCK) $(ARGS) --group bench --constraints requirements-dev.lock \
	  --output-file requirements-bench.lock

clean:  ## remove the environments, caches, builds and out/
	rm -rf .venv .venv-dev .venv-bench out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests $(wildcard benchmarks) -type d -name __pycache__ -prune -exec rm -rf {} +

define check-python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
  echo "entherm needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)"; \
  echo "Name another one, for example: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
  echo "'$(PYTHON)' cannot make an environment: its venv module is not installed."; \
  echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; } >&2
endef

# An environment: made from nothing when its lock changes, so that nothing old stays in it.
define environment
$(check-python)
$(PYTHON) -m venv --clear $(@D)
$(@D)/bin/python -m pip install --quiet --require-hashes -r $<
@touch $@
endef

.venv/lock.stamp: requirements.lock
	$(environment)

.venv-dev/lock.stamp: requirements-dev.lock
	$(environment)

.venv-bench/lock.stamp: requirements-bench.lock
	$(environment)

# entherm in it: again when its metadata may have changed; its source is used in place.
ENVIRONMENTS := .venv .venv-dev .venv-bench
$(ENVIRONMENTS:=/project.stamp): %/project.stamp: %/lock.stamp pyproject.toml
	$*/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
