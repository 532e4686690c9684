# `make help` lists what there is. Needs make, git and Python 3.11 or newer; everything else is fetched into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run prepare develop frontend test check format lock clean

BIN := .venv/bin

help: ## list the targets
	@echo "Techmart: make <target>"
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'
	@echo "Settings come from the environment: TECHMART_PORT, TECHMART_DATA, TECHMART_DATABASE_URL … (docs/operations.md)"

run: prepare ## everything from a fresh checkout to http://127.0.0.1:8000 with demo data
	@$(BIN)/techmart serve --migrate --demo

prepare: ## environment and front end, as running needs them
	@sh scripts/prepare.sh app

develop: ## environment and front end, with what checking and testing need
	@sh scripts/prepare.sh development

frontend: prepare ## build the front end

test: develop ## linters, types and all tests
	@$(MAKE) --no-print-directory check
	@echo "== pytest"
	@$(BIN)/pytest $(PYTEST_ARGS)

check: develop ## linters and types only
	@$(BIN)/python scripts/check.py

format: develop ## put Python and templates into the common format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: develop ## choose the newest versions the requirements allow and lock them by hash
	@for name in app build dev; do \
		$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	@echo "Locked. Run make test, then commit requirements/."

clean: ## remove what was built; the data folder stays
	@rm -rf .venv build dist techmart.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@rm -rf frontend/node_modules frontend/built
