"""What is missing or mistyped is one sentence, and says what to install."""

from pathlib import Path

import pytest

from tests.plugin.faking import YAML
from vschaos.cli.plugin import main


@pytest.fixture
def described(tmp_path: Path) -> Path:
    path = tmp_path / "fake.yaml"
    path.write_text(YAML.format(path=tmp_path / "fake.so"))
    return path


def only_line(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


@pytest.mark.parametrize("command", [["check"], ["render", "OUT"]])
def test_a_missing_plugin_is_told_with_what_to_install(
    command: list[str], described: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *rest = command
    arguments = [str(tmp_path / one) for one in rest]
    assert main([name, str(described), *arguments]) == 1
    line = only_line(capsys)
    assert "the plug-in fake was expected in" in line
    assert line.endswith("fake.so: say please")


def test_a_missing_library_is_told_with_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fake.so").touch()
    (tmp_path / "dawdreamer.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert main(["describe", str(tmp_path / "fake.so")]) == 1
    assert "DawDreamer, which hosts plug-ins, is not installed: pip install" in only_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--shard", "4/3"], "expected k/n with k from 1 to n, as 3/8, got 4/3"),
        (["--notes", "128"], "expected a number from 0 to 127, got 128"),
        (["--velocities", "0"], "expected a number from 1 to 127, got 0"),
        (["--seconds", "nan"], "expected seconds from 0.05 to 60, got nan"),
        (["-n", "0"], "expected a number from 1 on, got 0"),
        (["--seed", "-1"], "expected"),
    ],
)
def test_a_mistyped_option_is_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["render", "amsynth", "out", *arguments])
    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_banks_are_counted_and_written_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = tmp_path / "my.bank"
    lines = [f"<preset> <name> ../é {k}\n<parameter> osc_mix {k / 4 - 1}" for k in range(8)]
    bank.write_text("\n".join(["amSynth", *lines, *lines, "EOF", ""]), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["presets", "amsynth", str(bank), "-o", str(out)]) == 0
    assert "16 presets in 1 files, 8 of them distinct: 2 for tests, 6 to draw from" in (
        capsys.readouterr().err
    )
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.amSynthPreset"))
    assert len(written) == 8
    assert all(path.startswith(("test/000", "parents/000")) for path in written)
    again = main(["presets", "amsynth", *(str(out / path) for path in written)])
    assert again == 0
    assert "8 presets in 8 files, 8 of them distinct" in capsys.readouterr().err
