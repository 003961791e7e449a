# Every target sets up what it needs: a virtual environment in .venv, the compiled core, the package and its extras.
#   make train [RECIPE=quickstart] [RUN=runs/quickstart] [MINUTES=60 | ITERATIONS=20] [SEED=1]
#   make test | lint | bench [NAME=search] | sanitize | stubs | clean

RECIPE ?= quickstart
RUN ?= runs/$(RECIPE)
EXTRAS ?= cpu,solver,dev
BIN := .venv/bin
STAMP := .venv/installed
SANITIZED := build/sanitize/site
CORE_TESTS := $(wildcard tests/native) tests/search tests/envs tests/puzzles tests/evaluators/test_cached.py \
    tests/evaluators/test_native_reasoner.py tests/networks/test_native_reasoner.py

.PHONY: install train test bench lint sanitize stubs clean

install: $(STAMP)

# The first Python that is new enough; PYTHON=... chooses another.
$(STAMP): pyproject.toml constraints.txt CMakeLists.txt $(wildcard native/*)
	@python="$(PYTHON)"; \
	for each in $${python:-python3 python3.11 python3.12 python3.13 python3.14}; do \
	    if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$each"; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "error: Python 3.11 or newer is needed; see Prerequisites in README.md" >&2; exit 1; fi; \
	if ! command -v "$${CXX:-c++}" >/dev/null && ! command -v g++ >/dev/null && ! command -v clang++ >/dev/null; then \
	    echo "error: a C++17 compiler is needed; see Prerequisites in README.md" >&2; exit 1; fi; \
	[ -x $(BIN)/python ] || "$$found" -m venv .venv
	@echo "installing into .venv; this takes a few minutes the first time"
	$(BIN)/python -m pip install -q -c constraints.txt scikit-build-core nanobind cmake ninja
	$(BIN)/python -m pip install -q -c constraints.txt --no-build-isolation -e ".[$(EXTRAS)]"
	@touch $@

# A run directory that holds a run already is continued, so that `make train` after Ctrl-C goes on where it stopped.
train: $(STAMP)
	@resume=; if [ -e "$(RUN)/config.toml" ]; then resume=--resume; echo "continuing the run in $(RUN)"; fi; \
	exec $(BIN)/zeroloop train $(RECIPE) --run "$(RUN)" $$resume $(if $(MINUTES),--minutes $(MINUTES)) \
	    $(if $(ITERATIONS),--iterations $(ITERATIONS)) $(if $(SEED),--seed $(SEED))

# A file's tests stay in one process, as they share what takes long to make.
test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=8 --dist=loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/zeroloop bench $(NAME)

# The core with AddressSanitizer and UndefinedBehaviorSanitizer, installed apart (gcc). -S keeps the editable install out.
sanitize: $(STAMP)
	$(BIN)/python -m pip install -q --no-build-isolation --no-deps --upgrade --target $(SANITIZED) \
	    -C build-dir=build/sanitize/cmake -C cmake.define.ZEROLOOP_SANITIZE=ON .
	PYTHONPATH="$(SANITIZED):$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')" \
	LD_PRELOAD="$$($(or $(CXX),g++) -print-file-name=libasan.so) $$($(or $(CXX),g++) -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	    $(BIN)/python -S -P -m pytest $(CORE_TESTS)

# What mypy knows about the compiled core; run it after the bindings change.
stubs: $(STAMP)
	$(BIN)/python -m nanobind.stubgen -q -m zeroloop._native -o zeroloop/_native.pyi

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
