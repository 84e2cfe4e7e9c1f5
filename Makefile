# The door of the project. `make` alone lists what there is.
BUILD := build/release
# Compiling a file that sees LibTorch takes about 1.5 GB.
JOBS ?= $(shell awk -v cores=$$(nproc) '/MemAvailable/ { fit = int($$2 / 1.5e6); print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo)
TEST_JOBS ?= 2
FUZZ_SECONDS ?= 60
FORMATTED = find src tests $(wildcard benchmarks) -name '*.h' -o -name '*.cc'

# Paths are taken relative to the project, so that two clones share what was compiled.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1
export CCACHE_SLOPPINESS ?= pch_defines,time_macros,include_file_mtime,include_file_ctime
export RIFT_TEST_DATA ?= $(abspath ../shared/data)

.NOTPARALLEL:
.PHONY: help setup clients configure build demo test test-all bench-setup bench bench-all bench-linear bench-profile bench-rank bench-pretrain bench-anchors bench-methods bench-search asan fuzz format check clean
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing and fill .deps/ (deps.lock says with what)
	@scripts/setup.sh

clients: setup ## Python packages and models that tests labelled client compare with
	@scripts/setup.sh clients || echo "clients: tests of SmolLM2 will be skipped"
	@scripts/setup_clients.sh

configure: setup
	@mkdir -p build
	@cmake --preset release > $(BUILD).log 2>&1 || { tail -n 20 $(BUILD).log; exit 1; }

build: configure ## build everything; the program is build/release/rift
	@cmake --build --preset release --parallel $(JOBS)

demo: configure ## compare five models on German Credit; the report is runs/demo/report.html
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@$(BUILD)/rift compare examples/german_credit/run.yaml --out runs/demo --resume --overwrite

test: setup clients check build ## every test that is not slow
	@ctest --test-dir $(BUILD) -LE slow --output-on-failure --parallel $(TEST_JOBS)

test-all: setup clients check build ## the slow tests too
	@ctest --test-dir $(BUILD) --output-on-failure --parallel $(TEST_JOBS)

bench-setup: setup ## Python packages that rift is timed beside, in .deps/bench
	@scripts/setup_clients.sh bench

bench: configure ## speed beside other libraries on this CPU's best path, at most 20 minutes (make bench-setup first)
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/pair.py --which best --minutes 19

bench-all: configure ## the same for the other precisions
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/pair.py --which rest

bench-linear: configure ## how time and memory of rift alone grow with rows and their length, some 6 minutes
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/linear.py

bench-profile: configure ## where the time of a training step goes; needs perf (Debian: linux-perf)
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/step_profile.py

bench-rank: configure clients ## does the order of rift models rank tell the order after fine-tuning? an hour or more
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@.deps/clients/bin/python -B benchmarks/rank_promise.py

bench-pretrain: configure ## does pretraining on unlabelled texts help what is tuned afterwards? hours
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/continued_pretraining.py

bench-search: configure clients ## rift search's TPE beside Optuna's on four functions, 20 seeds, some 15 minutes
	@cmake --build --preset release --parallel $(JOBS) --target search_surrogates
	@python3 -B benchmarks/search_peer.py

bench-anchors: configure ## what does each anchor to the pretrained model buy, and what does it cost? a day
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/anchors.py --page docs/experiments

bench-methods: configure bench-setup ## every tuning method on three tasks, five seeds, beside peft; a night
	@cmake --build --preset release --parallel $(JOBS) --target rift
	@python3 -B benchmarks/methods.py
	@python3 -B tools/methods_page.py > docs/methods.md

fuzz: setup ## every reader of files on inputs of libFuzzer, FUZZ_SECONDS (60) each; needs clang
	@mkdir -p build
	@cmake --preset fuzz > build/fuzz.log 2>&1 || { tail -n 20 build/fuzz.log; exit 1; }
	@cmake --build --preset fuzz --parallel $(JOBS) --target fuzz_targets
	@python3 -B tools/fuzz.py --seconds $(FUZZ_SECONDS)

asan: setup ## tests of damaged and hostile files under AddressSanitizer and UndefinedBehaviorSanitizer
	@mkdir -p build
	@cmake --preset asan > build/asan.log 2>&1 || { tail -n 20 build/asan.log; exit 1; }
	@cmake --build --preset asan --parallel $(JOBS) --target corrupt_tests
	@ctest --test-dir build/asan/tests/corrupt --no-tests=error --output-on-failure --parallel $(TEST_JOBS)

check: ## formatting of the C++ files and the rules between rooms
	@$(FORMATTED) | xargs --no-run-if-empty clang-format --dry-run --Werror
	@python3 -B tools/check_includes.py

format: ## put the C++ files into the project's format
	@$(FORMATTED) | xargs --no-run-if-empty clang-format -i

clean: ## remove what was built; .deps/ and runs/ stay
	rm -rf build
