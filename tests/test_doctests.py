"""Every module can be imported, and the examples in docstrings are true."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import vschaos

MODULES = [
    module.name
    for module in pkgutil.walk_packages(vschaos.__path__, "vschaos.")
    if not module.name.endswith("__main__")
]


def examples_of(name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(name)
    return [found for found in doctest.DocTestFinder().find(module, name) if found.examples]


def test_every_module_says_what_lives_in_it() -> None:
    assert not [name for name in MODULES if not inspect.getdoc(importlib.import_module(name))]


@pytest.mark.parametrize("room", sorted({name.split(".")[1] for name in MODULES}))
def test_examples(room: str) -> None:
    for name in MODULES:
        if name.split(".")[1] == room and examples_of(name):
            assert doctest.testmod(importlib.import_module(name)).failed == 0, name
