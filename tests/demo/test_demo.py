"""The demo, shortened, leaves all that it names.

It takes minutes: after `make demo`, VSCHAOS_DEMO may name a file with what it said instead.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> tuple[Path, str]:
    """Its folder, and what it said."""
    before = os.environ.get("VSCHAOS_DEMO")
    if before:
        return Path("demo"), Path(before).read_text(encoding="utf-8")
    folder = tmp_path / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "vschaos.demo", "--folder", folder, "--steps", "1500"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.mark.slow
def test_the_demo_leaves_what_it_names(
    demo: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, said = demo
    monkeypatch.chdir(ROOT)
    named = [word.rstrip(",") for word in said.split() if word.startswith(f"{folder}/")]
    assert f"{folder}/demo_model.ts" in named
    for word in named:
        assert Path(word).exists(), word
    assert (folder / "demo_model.ts").stat().st_size < 10e6
    assert len(list((folder / "reconstructions").glob("*.png"))) == 6
    for path in [*folder.glob("*/*_0.wav"), *folder.glob("reconstructions/*.wav")]:
        sound, _ = soundfile.read(path)
        assert np.isfinite(sound).all()
        assert 0.02 < np.abs(sound).max() < 1.5, path
    (split,) = (json.loads(path.read_text()) for path in folder.glob("runs/*/*/split.json"))
    sound, _ = soundfile.read(folder / "sounds" / split["held_out"][0])
    played, _ = soundfile.read(folder / "played.wav")
    # a bell's attack is still soft after so few steps
    assert abs(20 * math.log10(np.std(played) / np.std(sound))) < 7.0
