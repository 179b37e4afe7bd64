# `make demo` walks the main road on synthesised sounds (quicker with DEMO="--steps 1500"),
# `make test` passes the tests,
# `make test-numeric KERNELS=avx2` (or sse) those of figures as an older processor computes them,
# `make test-brief VENV=.venv-3.14 PYTHON=python3.14` the most important ones with another Python,
# `make example-model` makes the models in patches/ anew (one of them with EXAMPLE=ddsp_example),
# `make docs` builds the site of docs/.
# All make their own environment first; the same steps without make stand in README.md. With
# PLUGIN=,plugin it also has the extra that hosts plug-ins.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DOCS_VENV ?= .venv-docs

.PHONY: demo example-model test test-slow test-numeric test-brief lint docs benchmark clean

# each worker takes one half in its order, so that what a file's tests share is made once
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# where figures are compared, which kernels of another processor round differently
NUMERIC := tests/dsp tests/instrument tests/latents tests/layers tests/models tests/losses tests/export tests/data/augment
NUMERIC += --ignore=tests/export/test_script.py --ignore=tests/export/test_host.py # no figures there
KERNELS ?= own
own :=
avx2 := ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 ONEDNN_MAX_CPU_ISA=AVX2
sse := ATEN_CPU_CAPABILITY=default MKL_ENABLE_INSTRUCTIONS=SSE4_2 ONEDNN_MAX_CPU_ISA=SSE41

# every module imported, a training, an export and what it plays
BRIEF := tests/test_doctests.py tests/test_train_model.py tests/export/test_script.py
WALK := tests/test_end_to_end.py::test_from_a_folder_of_sounds_to_a_playing_model

demo: $(VENV)/installed
	$(BIN)/vschaos demo $(DEMO)

# the measure at its end needs a package of the developers'
example-model: $(VENV)/installed-dev
	$(BIN)/python -m patches.example_model $(EXAMPLE)

test: $(VENV)/installed-dev
	$(PYTEST)

test-slow: $(VENV)/installed-dev
	$(PYTEST) -m slow

test-numeric: $(VENV)/installed-dev
	$($(KERNELS)) $(PYTEST) $(NUMERIC)

test-brief: $(VENV)/installed-dev
	$(PYTEST) $(BRIEF)
	$(PYTEST) -m slow $(WALK)

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
	$(call INSTALL,$(VENV),-e '.[dev$(PLUGIN)]')
	touch $@

# what the extra `docs` lists, and nothing that the package itself needs
$(DOCS_VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' > $(DOCS_VENV)/requirements.txt
	$(call INSTALL,$(DOCS_VENV),-r $(DOCS_VENV)/requirements.txt)
	touch $@
