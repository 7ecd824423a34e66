# `make bench` measures, `make test` tests; each sets up what it needs in .venv and nothing outside.

SUITE ?= configs/whisper-base.yaml
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# The first Python that is new enough; override with make PYTHON=...
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help bench quality smoke plan install nightly test lint format types benchmarks lock schema site pictures clean

help: ## show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

bench: $(VENV)/.bench extras ## measure a suite and write its reports (SUITE=configs/..., ARGS=...)
	$(BIN)/asr-quant-bench run $(SUITE) $(ARGS)

quality: $(VENV)/.bench extras ## hear a suite's corpora with every variant, untimed (SUITE=configs/...-quality.yaml)
	$(BIN)/asr-quant-bench quality $(if $(filter file,$(origin SUITE)),configs/whisper-base-quality.yaml,$(SUITE)) $(ARGS)

smoke: ## the default suite in a minute
	@$(MAKE) --no-print-directory bench SUITE=configs/smoke.yaml

plan: $(VENV)/.bench ## a suite's cases, downloads and time; runs nothing
	$(BIN)/asr-quant-bench plan $(SUITE)

install: $(VENV)/.bench extras ## set up what SUITE needs and run nothing

# make exits with 2 whatever a command's own code was: cron and CI call `asr-quant-bench nightly` (docs/nightly.md).
nightly: $(VENV)/.bench extras ## measure the nightly suite, gate it, keep its history
	$(BIN)/asr-quant-bench nightly configs/nightly.yaml $(ARGS)

test: $(VENV)/.dev $(VENV)/.qwen3 ## set up and run all tests
	$(BIN)/python -m pytest $(ARGS)

fuzz: $(VENV)/.dev $(VENV)/.qwen3 ## an hour of mutated inputs, crashes and kills (FUZZ_SECONDS=...; what is found is kept in tests/fuzz/found)
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3000} FUZZ_KEEP=1 FUZZ_SEED=$${FUZZ_SEED:-$$(date +%j)} FUZZ_EXAMPLES=3000 \
		FUZZ_TYPOS=1000 CRASH_SHARE=1 KILLS=200 $(BIN)/python -m pytest tests/fuzz -s $(ARGS)

# Advisories without a release that mends them, each with its reason in docs/security.md.
ACCEPTED_ADVISORIES := CVE-2025-69872

audit: $(VENV)/.dev ## known weaknesses of the locked dependencies (needs the network), and of the workflows
	@for lock in requirements/*.txt; do echo $$lock; $(BIN)/pip-audit --require-hashes --disable-pip -r $$lock \
		$(addprefix --ignore-vuln ,$(ACCEPTED_ADVISORIES)) $(PIP_AUDIT_ARGS) || exit 1; done
	$(BIN)/zizmor --no-progress .github/workflows

lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter, suites, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/asr-quant-bench validate $(filter-out configs/rustasr-%,$(wildcard configs/*.yaml))
	$(BIN)/zizmor --offline --no-progress --quiet .github/workflows

format: $(VENV)/.dev ## format and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmarks: $(VENV)/.dev $(VENV)/.qwen3 ## the project's own benchmarks (tests/bench); needs an idle machine
	$(BIN)/python -m pytest tests/bench --benchmark-enable -s $(ARGS)

mutants: $(VENV)/.dev ## change the arithmetic line by line; list what no unit test notices (half an hour; docs/mutants.md)
	@$(BIN)/python -c "import mutmut" 2>/dev/null || $(PIP) install "mutmut>=3.8"
	@$(BIN)/python -m mutmut run --max-children 1
	@$(BIN)/python -m mutmut results

lock: $(VENV)/.dev ## renew requirements/*.txt from pyproject.toml
	BIN=$(BIN) sh requirements/lock.sh

schema: $(VENV)/.bench ## write configs/suite.schema.json
	$(BIN)/asr-quant-bench schema > configs/suite.schema.json

site: $(VENV)/.docs ## build the site of the docs into .site/html
	@rm -rf .site && mkdir -p .site/pages/reports
	@cp -R README.md CHANGELOG.md NOTICE.md LICENSE docs configs .site/pages/ && cp -R reports/examples .site/pages/reports/
	@rm .site/pages/docs/mkdocs.yml
	NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --quiet --strict --config-file docs/mkdocs.yml

pictures: $(VENV)/.bench ## draw the README's pictures anew
	$(BIN)/python -m bench.packaging.pictures

clean: ## remove the virtual environment and caches of tools
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# ------------------------------------------------------------------------ setting up

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found. Install one, or: make PYTHON=/path/to/python3 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian or Ubuntu: apt install python3-venv"; exit 1; }

# The development set holds the bench set, so a tree that was tested needs no second installation.
$(VENV)/.bench: requirements/bench.txt pyproject.toml | $(BIN)/python
	@test -e $(VENV)/.dev || echo "Installing the default suite's engine and report tools into $(VENV) ..."
	@test -e $(VENV)/.dev || $(PIP) install --require-hashes -r requirements/bench.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.qwen3: requirements/qwen3.txt | $(BIN)/python
	@echo "Building llama.cpp for llama-cpp-python: once, about 4 minutes on two cores ..."
	@$(PIP) install --require-hashes -r requirements/build.txt
	@$(PIP) install --no-build-isolation --require-hashes -r requirements/qwen3.txt
	@touch $@

$(VENV)/.transcribe $(VENV)/.faster-whisper: $(VENV)/.%: requirements/%.txt | $(BIN)/python
	@echo "Installing the engine $* into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/$*.txt
	@touch $@

# The site's tools need none of ours, and have an environment of their own.
$(VENV)/.docs: requirements/docs.txt | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)-docs
	@$(VENV)-docs/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/docs.txt
	@touch $@

.PHONY: extras
extras: $(VENV)/.bench
	@for extra in $$($(BIN)/asr-quant-bench engines --missing $(SUITE)); do \
		rm -f $(VENV)/.$$extra; $(MAKE) --no-print-directory $(VENV)/.$$extra || exit 1; done
