# entherm: `make` alone lists what there is to do.
#
# Two environments of its own, each from a lock with hashes: .venv to run, .venv-dev to develop. They
# are made when first needed, and again when their lock changes. Programs are called by their path, so
# an environment that you have active stays as it is.

PYTHON ?= python3
UV     ?= .venv-dev/bin/uv
# More words for the command line, as in: make reproduce ARGS="--json"
ARGS   ?=

# What an active environment may have set must not leak into these two.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

RUN := .venv/bin
DEV := .venv-dev/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help reproduce test lint format lock clean

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

# Pins stay as they are where they still fit; `make lock ARGS=--upgrade` takes the newest.
# One version of each library on every Python (fewest), so that figures do not depend on it.
LOCK := pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet

lock: $(if $(filter .venv-dev/%,$(UV)),.venv-dev/lock.stamp)  ## pin the libraries anew (ARGS=--upgrade: the newest)
	$(UV) $(LOCK) $(ARGS) --group build --output-file requirements.lock
	$(UV) $(LOCK) $(ARGS) --group dev --constraints requirements.lock \
	  --output-file requirements-dev.lock

clean:  ## remove both environments, caches, builds and out/
	rm -rf .venv .venv-dev out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
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
.venv/lock.stamp: requirements.lock
	$(check-python)
	$(PYTHON) -m venv --clear .venv
	$(RUN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv-dev/lock.stamp: requirements-dev.lock
	$(check-python)
	$(PYTHON) -m venv --clear .venv-dev
	$(DEV)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# entherm in it: again when its metadata may have changed; its source is used in place.
.venv/project.stamp .venv-dev/project.stamp: %/project.stamp: %/lock.stamp pyproject.toml
	$*/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
