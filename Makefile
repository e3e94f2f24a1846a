# Every target sets up what it needs: system packages, .venv, pinned dependencies, the native build.
# The first call takes minutes; later ones start within seconds.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help venv build demo test test-integrations check format bench torture torture-peers test-sanitize fuzz clean

PY := .venv/bin/python
CPP = $(shell find native benchmarks -name '*.hpp' -o -name '*.cpp')
FUZZ_SECONDS ?= 60
# ON in CI; a compiler newer than ours may warn of more.
WERROR ?= OFF

help:  ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | awk -F': ' '{printf "  make %-18s %s\n", $$1, $$2}'

venv:
	@scripts/setup.sh venv

build: venv  ## compile the native module and its tests
	@scripts/build.sh dev -DS3PIPES_INPLACE=ON -DS3PIPES_TESTS=ON -DS3PIPES_WERROR=$(WERROR)

demo: build  ## train a small model from a simulated S3, and show where the time went
	@$(PY) -m s3pipes demo

test: build  ## native unit tests, then pytest against real S3 servers
	@build/dev/native_tests
	@$(PY) -m pytest $(PYTEST_ARGS)

test-integrations: build  ## Lightning, accelerate, webdataset, HF datasets, torchdata's nodes, over the simulated S3
	@scripts/setup.sh integrations
	@.venv-integrations/bin/python -m pytest tests/integrations $(PYTEST_ARGS)

check: build  ## ruff, mypy, clang-format, stub against module, import order of the floors
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy s3pipes tests benchmarks torture scripts
	.venv/bin/clang-format --dry-run -Werror $(CPP)
	$(PY) scripts/stub.py
	$(PY) scripts/floors.py

format: venv  ## format Python and C++
	$(PY) -m ruff format .
	.venv/bin/clang-format -i $(CPP)

bench: build  ## one table: s3pipes, its peers and the ceiling on this machine
	@scripts/setup.sh bench
	@.venv-bench/bin/python -m benchmarks $(BENCH_ARGS)

torture: build  ## what is promised of failures, put to a store that fails: targets and figures (an hour)
	@$(PY) -m torture $(TORTURE_ARGS)

torture-peers: build  ## s3pipes and its peers through the same faults (20 min)
	@scripts/setup.sh bench
	@.venv-bench/bin/python -m torture --peers $(TORTURE_ARGS)

test-sanitize: venv  ## native tests and pytest under ASan and UBSan, native tests under TSan
	@scripts/sanitize.sh

fuzz: venv  ## every fuzz target, FUZZ_SECONDS each (60)
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean:  ## remove what the other targets made
	rm -rf .venv .venv-bench .venv-integrations build s3pipes/engine/_native*.so s3pipes/testing/s3pipes-sim .mypy_cache .pytest_cache .ruff_cache
