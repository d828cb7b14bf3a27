# `make run` and `make test` need git, make and python3 and nothing else: they set the rest up themselves.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
ARGS ?=
SETUP := @$(PYTHON) -m resources.setup
PYTEST := QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest
SPREAD := -n $(WORKERS) --dist loadscope --no-loadscope-reorder

unexport PYTHONPATH PYTHONHOME

.PHONY: run test bench check format lint types contracts dead-code setup-check soak mutations clean

run: # the desk on the embedded engine with the demo pipeline; ARGS="ws://host:4545" and the like
	$(SETUP) run
	@exec $(BIN)/layerdesk $(ARGS)

test: # the whole suite, or a part of it: ARGS="tests/sync -k gate"
	$(SETUP) test
	@$(PYTEST) -q $(SPREAD) $(ARGS)

bench: # every budget with its figure, one JSON line each; ARGS="slider compose" for some, "slope churn" for the long ones
	$(SETUP) bench
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.benchmarks $(ARGS)

check: format lint types contracts dead-code # each also by itself; make -k check goes on after a failure

format lint types contracts dead-code: setup-check

setup-check:
	$(SETUP) check

format:
	@$(BIN)/ruff format --check --quiet . && echo "format: ok"

lint:
	@$(BIN)/ruff check --quiet . && echo "lint: ok"

types:
	@$(BIN)/mypy

contracts:
	@$(BIN)/lint-imports --no-logo

dead-code:
	@$(BIN)/python -m tests.guards.dead_code

soak: # every property test for hours instead of minutes
	$(SETUP) test
	@LAYERDESK_PROFILE=soak $(PYTEST) -q $(SPREAD) -o faulthandler_timeout=0 -m "hypothesis or soak" $(ARGS)

mutations: # every rule of both ends broken once in a copy of the tree: which test notices; ARGS="stamp" for some of them
	$(SETUP) test
	@$(BIN)/python -m tests.mutations $(ARGS)

clean:
	@rm -rf .venv build dist *.egg-info artifacts layerdesk.png .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
