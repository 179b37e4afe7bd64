"""Commands in the pages are accepted by the programs; nothing is run beyond its options."""

from __future__ import annotations

import argparse
import importlib.util
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.docs.pages import PAGES, REPOSITORY, blocks, is_defined, read, spans
from vschaos.cli.train import main
from vschaos.training import settings

PYTHON = re.compile(r"(\.venv/bin/)?python3?")
TRAINING = ("train_model.py", "train")
LEFT_OUT = "..."  # in a training's command: what the page said before
USUAL = ("name=some", "data.dataset.root=sounds")


def shown(text: str) -> Iterator[list[str]]:
    """The commands of a page, split into words."""
    for block in blocks(text):
        if block.language in ("", "sh", "bash"):
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from _commands(line)
    for span in spans(text):
        for words in _commands(span):
            if len(words) > 3 or words[0] == "make":  # else a program is named, not called
                yield words


def _commands(line: str) -> Iterator[list[str]]:
    if re.match(rf"(\w+=\S+ )*({PYTHON.pattern}|vschaos|make|torchrun) ", line):
        for part in line.split(" && "):
            words = shlex.split(part, comments=True)
            while re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            yield words


COMMANDS = {shlex.join(words): words for page in PAGES for words in shown(read(page))}
MADE = [words for words in COMMANDS.values() if words[0] == "make"]
CALLED = {
    text: words
    for text, words in COMMANDS.items()
    if any(word in ("-m", "vschaos") or word.endswith(".py") for word in words)
    and not {"venv", "pytest", "pip"} & set(words)
}
TRAINED = {
    " ".join(
        word for word in words if not re.match(r"(name|rundir|data\.dataset\.root)=", word)
    ): words
    for words in CALLED.values()
    if set(TRAINING) & set(words[:3])
}
MEASURED = {text: words for text, words in CALLED.items() if words[1].startswith("benchmarks/")}
PARSED = [
    text for text, words in CALLED.items() if words not in TRAINED.values() and text not in MEASURED
]


def test_the_pages_show_commands() -> None:
    programs = {Path(word).name for words in CALLED.values() for word in words}
    assert {"train_model.py", "generate.py", "script.py", "extract_pitch.py"} <= programs
    assert MADE


def test_targets_of_make_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
    named = {word for words in MADE for word in words[1:] if "=" not in word}
    assert named <= targets


class Accepted(BaseException):
    """In place of what a program does once it has read its options."""


@pytest.fixture
def _reads_options_only(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = argparse.ArgumentParser.parse_args

    def accept(parser: argparse.ArgumentParser, *arguments: Any) -> NoReturn:
        parse(parser, *arguments)
        raise Accepted

    def refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
        raise ValueError(message)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", accept)
    monkeypatch.setattr(argparse.ArgumentParser, "error", refuse)


@pytest.mark.usefixtures("_reads_options_only")
@pytest.mark.parametrize("text", PARSED)
def test_options_are_accepted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((Accepted, SystemExit)):  # which `--help` raises
        _call(CALLED[text], monkeypatch)


@pytest.mark.usefixtures("_reads_options_only")
@pytest.mark.parametrize(
    "text", ["python3 generate.py reconstruct a --no-such", "python3 -m vschaos.evaluate a --files"]
)
def test_others_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"unrecognized|expected one argument"):
        _call(text.split(), monkeypatch)


def _call(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the program that a command names."""
    if "vschaos" in words:
        place = words.index("vschaos")
        file = REPOSITORY / "vschaos" / "__main__.py"
    else:
        place = next(n for n, word in enumerate(words) if word == "-m" or word.endswith(".py"))
        file = REPOSITORY / words[place]
        if words[place] == "-m":
            place += 1
            file = _file_of(words[place])
    monkeypatch.setattr(sys, "argv", words[place:])
    runpy.run_path(str(file), run_name="__main__")


def _file_of(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"there is no module {module}"
    assert spec.origin is not None
    file = Path(spec.origin)
    return file.with_name("__main__.py") if spec.submodule_search_locations else file


@pytest.mark.parametrize("text", MEASURED)
def test_a_benchmark_has_the_options(text: str) -> None:
    """Found in the source: the imports of all benchmarks take longer than all tests here."""
    source = read(MEASURED[text][1])
    shared = (f"benchmarks/{name}.py" for name in re.findall(r"(?m)^from (\w+) import", source))
    source += "".join(read(path) for path in shared if (REPOSITORY / path).is_file())
    options = [word for word in MEASURED[text] if word.startswith("--")]
    assert not [option for option in options if f'"{option}"' not in source]


@pytest.mark.parametrize("text", TRAINED)
def test_a_training_can_be_composed(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    targets = re.findall(r"_target_[=:] *([\w.]+)", text)
    assert all(is_defined(target) for target in targets)

    def arguments(target: str) -> list[str]:
        try:
            return arguments_of(target)
        except ValueError:  # a class that a diff of the page adds
            assert target in targets
            return []

    arguments_of = settings._arguments
    monkeypatch.setattr(settings, "_arguments", arguments)
    assert _compose(TRAINED[text], monkeypatch, tmp_path)


@pytest.mark.parametrize("setting", ["model.latent.dims=4", "length=forever"])
def test_what_no_recipe_has_is_refused(
    setting: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not _compose(["vschaos", "train", LEFT_OUT, setting], monkeypatch, tmp_path)


def _compose(
    words: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> list[dict[str, Any]]:
    """What a command would train with."""
    composed: list[dict[str, Any]] = []
    monkeypatch.setattr("vschaos.training.train", lambda config, **_: composed.append(config))
    monkeypatch.chdir(folder)  # a sweep leaves a note
    arguments = words[next(n for n, word in enumerate(words) if word in TRAINING) + 1 :]
    if LEFT_OUT in arguments:
        place = arguments.index(LEFT_OUT)
        arguments[place : place + 1] = USUAL
    elif not any(argument.startswith("-") for argument in arguments):
        arguments[:0] = USUAL
    main(arguments)
    return composed
