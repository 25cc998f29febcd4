# Two commands are enough: `make run` and `make test`. `make` alone lists the rest.

VENV    := .venv
PYTHON  := $(VENV)/bin/python
UV      := VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv
PRODUCT := $(VENV)/.product
VERIFY  := $(VENV)/bin/seneschal-verify
TOOLS   := $(VENV)/.tools
XDIST   := -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help install run demo test check lock live clean format

help: ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

install: $(TOOLS) $(VERIFY) ## create the environment from the pinned, hashed requirements

$(VENV)/bin/uv: requirements-dev.txt
	@echo "Creating the environment (about a minute, once)"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, as python3."; exit 1; }
	@test -x $(PYTHON) || python3 -m venv $(VENV) \
	  || { echo "python3 cannot create environments; on Debian install python3-venv."; exit 1; }
	@awk '/^uv==/ {on = 1} on && /^[^u ]|^ +#/ {exit} on' requirements-dev.txt > $(VENV)/uv.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@touch $@

$(PRODUCT): requirements.txt $(VENV)/bin/uv
	@$(UV) pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VERIFY): cli/seneschal_verify.py $(PRODUCT)
	@printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$(CURDIR)/$(PYTHON)" "$(CURDIR)/$<" > $@
	@chmod +x $@

$(TOOLS): requirements-dev.txt $(PRODUCT)
	@$(UV) pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

run: $(PRODUCT) $(VERIFY) ## start everything; Ctrl-C stops everything
	@exec $(PYTHON) -m controlplane.run

demo: $(PRODUCT) $(VERIFY) ## tell the whole story once, on servers of its own
	@exec $(PYTHON) -m controlplane.run --temporary -- $(PYTHON) -m examples.demo

test: $(TOOLS) ## run all tests, in a real browser where a person is involved
	@$(PYTHON) -m tests.browser
	@$(PYTHON) -m pytest -rs $(XDIST)

check: $(TOOLS) ## the quick, quiet checks; run before every commit
	@$(PYTHON) -m tests.check

format: $(TOOLS) ## put the code into its form
	@$(VENV)/bin/ruff check --quiet --fix-only .
	@$(VENV)/bin/ruff format --quiet .

lock: $(TOOLS) ## pin requirements.txt and requirements-dev.txt, with hashes
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url requirements.in -o requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url requirements-dev.in -o requirements-dev.txt

live: $(TOOLS) ## run the tests that need foreign servers (see live/)
	@SENESCHAL_TEST_LIVE=1 $(PYTHON) -m pytest -m live

clean: ## remove the environment and what checks and tests left; never the data folder
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
