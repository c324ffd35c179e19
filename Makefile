# Regulars: `make demo` to see it, `make test` to check it. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export PYTHONUTF8 = 1
# What is compiled is kept: else each of the hundreds of processes the tests start compiles everything anew.
export PYTHONDONTWRITEBYTECODE =

# uv installs in seconds; where it cannot be had, pip does the same from the same hashes.
define install
	@test -x $(BIN)/python || { echo "· making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "· installing $(1)"
	@{ $(BIN)/python -m pip -q --disable-pip-version-check install --require-hashes --only-binary :all: -r requirements/uv.lock \
	     && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1); } 2>/dev/null \
	  || $(BIN)/python -m pip -q --disable-pip-version-check install --require-hashes -r $(1)
	@$(BIN)/python -m pip -q --disable-pip-version-check install --require-hashes -r requirements/build.lock
	@$(BIN)/python -m pip -q --disable-pip-version-check install --no-deps --no-build-isolation -e .
endef

help:  ## these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 14

demo: $(VENV)/.runtime  ## a made-up shop: back-office on a terminal, else what runs where
	@$(BIN)/regulars demo

test: $(VENV)/.dev setup-tried  ## everything, on SQLite and PostgreSQL, with a real browser
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

setup: $(VENV)/.dev  ## only the Python packages

setup-full: $(VENV)/.dev  ## also a browser, fonts and PostgreSQL (needs root and apt)
	@tests/setup-full.sh

setup-tried: $(VENV)/.dev
	@tests/setup-full.sh --if-allowed

lint: $(VENV)/.dev  ## format, style, types, import rules
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(VENV)/.dev  ## rewrite in the house style
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(VENV)/.dev  ## figures beside floors and peers (ROWS=, SIZE=, OUT=)
	@$(BIN)/python -m bench $(if $(ROWS),--rows $(ROWS)) $(if $(SIZE),--size $(SIZE)) $(if $(OUT),--out $(OUT))

long: $(VENV)/.dev setup-tried  ## kills, long sequences; seeded, half an hour
	@$(BIN)/python -m pytest -n 2 -m long --timeout 3600 -rP tests

mutants: $(VENV)/.dev  ## what the tests see of small changes (FILES=, TESTS=)
	@$(BIN)/python -m tests.mutants $(FILES) --tests $(TESTS) --jobs 2

shots: $(VENV)/.dev setup-tried  ## terminal captures and screenshots of the journey into .shots/
	@$(BIN)/python -m tests.journeys.shots

po: $(VENV)/.dev  ## collect sentences into the Chinese catalogue
	@$(BIN)/python -m core.locale.collect

lock: $(VENV)/.dev  ## solve the requirements anew
	@requirements/lock.sh $(BIN)/uv

clean:  ## remove what was made here
	rm -rf $(VENV) .demo .shots .bench dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml
	$(call install,requirements/runtime.lock)
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml
	$(call install,requirements/dev.lock)
	@touch $@ $(VENV)/.runtime

.PHONY: help demo test setup setup-full setup-tried lint format bench long shots po lock clean mutants
