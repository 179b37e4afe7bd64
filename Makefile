# `make demo` walks the main road on synthesised sounds, `make test` passes the tests,
# `make example-model` makes the model in patches/ anew, `make docs` builds the site of docs/.
# All make their own environment first; the same steps without make stand in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DOCS_VENV ?= .venv-docs

.PHONY: demo example-model test test-slow lint docs benchmark clean

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

# the API is read from the sources, not imported: an environment without torch is enough; with
# --quiet no warning would count
docs: $(DOCS_VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/python -m mkdocs build --strict

# fails if anything is more than twice as slow, against a floor, as benchmarks/quick.json has it
benchmark: $(VENV)/installed
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/quick.py

clean:
	rm -rf $(VENV) $(DOCS_VENV) site

# uv does in seconds what pip does in minutes; pip is there everywhere
INSTALL = if command -v uv >/dev/null; \
	then uv pip install --python $(1)/bin/python $(2); \
	else $(1)/bin/python -m pip install --disable-pip-version-check $(2); fi

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(call INSTALL,$(VENV),-r requirements.txt -e .)
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(call INSTALL,$(VENV),-e '.[dev]')
	touch $@

# what the extra `docs` lists, and nothing that the package itself needs
$(DOCS_VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' > $(DOCS_VENV)/requirements.txt
	$(call INSTALL,$(DOCS_VENV),-r $(DOCS_VENV)/requirements.txt)
	touch $@
