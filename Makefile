# What one does with this repository. `make` alone lists it. Every target first sets up what it needs, once.

PYTHON ?= python3
# The tests to run: a path, or several; all of them where it is empty.
T ?=
PORT ?= 8000

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: check cover demo fix help lock run scan-page setup soak strangers test

run: .venv/ready ## start the server on http://127.0.0.1:8000 (PORT=9000 chooses another port)
	@PORT=$(PORT) exec .venv/bin/suyuan run

demo: .venv/ready ## play a market day with invented parties, and show what each of them sees
	@exec .venv/bin/suyuan demo

test: .venv/ready ## run the tests (T=tests/unit chooses some) and name those that this machine cannot run
	.venv/bin/python -m pytest -n auto --dist loadfile $(T)

check: .venv/ready ## everything a change must pass: format, lint, types, layers, all tests, a tenth of the soak
	@test -n "$$SUYUAN_VECTORS" || { \
	  echo "make check wants SUYUAN_VECTORS: the folder of test vectors, or the word none to go without" >&2; exit 2; }
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	@# The locked packages are the ones that pyproject.toml asks for.
	.uv/bin/uv pip check --python .venv/bin/python
	.venv/bin/python tools/scan_page.py --check
	SUYUAN_SOAK=$${SUYUAN_SOAK:-0.1} .venv/bin/python -m pytest -n auto --dist loadfile --durations=10 --durations-min=1

cover: .venv/ready ## say which lines no test runs (half as long again as the tests alone)
	.venv/bin/python -m pytest -n auto --dist loadfile --cov $(T)

fix: .venv/ready ## put right what can be put right without thinking: format, imports
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

soak: .venv/ready ## run the long tests whole; goes on where it was stopped
	SUYUAN_SOAK=1 .venv/bin/python -m pytest -m soak --capture=no --verbose $(T)
	.venv/bin/python tools/reliability.py
	$(if $(T),,rm -rf .soak)

setup: .venv/ready ## build the environment in .venv and nothing else

scan-page: .venv/ready ## build the script of the scan page, where the set-up could not
	.venv/bin/python tools/scan_page.py

strangers: ## get the programs of other people that check our log in tests, into .strangers
	@$(PYTHON) tools/strangers.py

LOCK = .uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: .venv/ready ## write the lock files again after pyproject.toml changed (UPGRADE=1 takes newer versions)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	echo uv | $(LOCK) - -o requirements-uv.lock
	@# They ask for a newer Python than they need; tools/strangers.py knows.
	printf '%s\n' aics-tlog aics-witness metamorphic-log tlog-scales | \
	  $(subst --python-version 3.11,--python-version 3.12,$(LOCK)) - -o requirements-strangers.lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

SCAN_PAGE = tools/scan_page.py $(wildcard scanner/web/*.js* scanner/web/src/*.ts)

.venv/ready: pyproject.toml requirements-dev.lock requirements-uv.lock tools/setup.py $(SCAN_PAGE)
	@$(PYTHON) tools/setup.py
	@touch $@
