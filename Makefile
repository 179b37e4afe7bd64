# `make demo` walks the main road on synthesised sounds, `make test` passes the tests,
# `make example-model` makes the model in patches/ anew.
# All make their own environment first; the same steps without make stand in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo example-model test test-slow lint benchmark clean

demo: $(VENV)/installed
	$(BIN)/python -m vschaos.demo

# the measure at its end needs a package of the developers'
example-model: $(VENV)/installed-dev
	$(BIN)/python -m vschaos.demo.example

test: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

test-slow: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n 2

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# fails if anything is more than twice as slow, against a floor, as benchmarks/quick.json has it
benchmark: $(VENV)/installed
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/quick.py

clean:
	rm -rf $(VENV)

# uv does in seconds what pip does in minutes; pip is there everywhere
INSTALL = if command -v uv >/dev/null; \
	then uv pip install --python $(BIN)/python $(1); \
	else $(BIN)/python -m pip install --disable-pip-version-check $(1); fi

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(call INSTALL,-r requirements.txt -e .)
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(call INSTALL,-e '.[dev]')
	touch $@
