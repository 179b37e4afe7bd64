"""One command, with a module for each subcommand."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from vschaos.cli.main import COMMANDS, main

REPOSITORY = Path(__file__).parents[2]
THIN = {  # other ways to type a subcommand, which stay
    **{"train_model.py": "train", "generate.py": "generate", "script.py": "export"},
    **{"extract_pitch.py": "extract-pitch", "vschaos/evaluate.py": "evaluate"},
    **{"vschaos/data/check/__main__.py": "check", "vschaos/data/cache/__main__.py": "cache"},
    **{f"vschaos/{c}/__main__.py": c for c in ("prior", "report", "runs", "patches", "demo")},
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_subcommand_shows_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main([command, "--help"])
    except SystemExit as stopped:  # argparse
        code = stopped.code
    assert code == 0
    assert f"vschaos {command} " in capsys.readouterr().out


def test_help_lists_the_subcommands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {command} " in shown for command in COMMANDS)
    assert main([]) == 2
    assert capsys.readouterr().err == shown


@pytest.mark.parametrize(
    ("given", "meant"),
    [("gnerate", "generate"), ("extract_pitch", "extract-pitch"), ("eval", "evaluate")],
)
def test_the_nearest_subcommand_is_named(
    given: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([given, "--help"]) == 2
    message = f"error: expected a subcommand, got {given}: did you mean vschaos {meant}?\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize(("file", "command"), THIN.items())
def test_other_ways_to_type_it_are_the_same_command(file: str, command: str) -> None:
    module = f"vschaos.cli.{command.replace('-', '_')}"
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    assert f"from {module} import main\n" in text
    assert text.endswith("raise SystemExit(main())\n")
    assert callable(import_module(module).main)
