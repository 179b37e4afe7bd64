"""The command lines, typed one after the other as in the README, on a dataset with pitfalls."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vschaos.audio import write_audio
from vschaos.demo.sounds import Note, synthesise

ROOT = Path(__file__).parents[1]
TINY = [
    "trainer.max_steps=120",
    "trainer.accelerator=cpu",
    "data.loading.batches_per_epoch=60",
    "data.loading.batch_size=64",
    "model.encoder.hidden_dims=[64]",
    "model.decoder.hidden_dims=[64]",
]


def type_in(folder: Path, *words: str | Path, expected: int = 0) -> str:
    command = [str(ROOT / words[0]) if words[0] != "-m" else "-m", *map(str, words[1:])]
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == expected, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with sounds in `my söunds`, some of which are none."""
    folder = tmp_path_factory.mktemp("a new place")
    data = folder / "my söunds" / "data"
    for timbre in ("reed", "bell"):
        for pitch in range(0, 12, 3):
            note = Note(timbre, pitch, 4, "loud")
            write_audio(data / timbre / f"{note.name}.wav", synthesise(note, 32000, 0.7), 32000)
    (data / "broken.flac").write_bytes(b"fLaC but no more")
    write_audio(data / "silent.wav", np.zeros(9000, np.float32), 32000)
    write_audio(data / "stereo one.wav", np.ones((2, 1), np.float32), 32000)
    return folder


def test_from_a_folder_of_sounds_to_a_playing_model(place: Path) -> None:
    said = type_in(
        place,
        *("train_model.py", "--config-name", "dgt_small", "name=first", "rundir=runs"),
        *("data.dataset.root=my söunds", *TINY),
    )
    assert "skipped data/broken.flac" in said
    assert "skipped 3 of 11 files" in said
    assert "7 to learn from, 1 held out" in said

    said = type_in(place, "generate.py", "reconstruct", "runs/first", "--sr", "22050", "--out", "o")
    (reconstruction,) = (place / "o" / "reconstructions").glob("*.wav")
    sound, rate = soundfile.read(reconstruction)
    assert rate == 22050
    assert len(sound) == pytest.approx(0.7 * 22050, abs=2)
    assert 0.05 < np.abs(sound).max() < 1.5
    assert reconstruction.with_suffix(".png").stat().st_size > 10_000

    walk = ("generate.py", "trajectories", "runs/first", "--trajectories", "sin", "helix")
    type_in(place, *walk, "-b", "2", "-s", "40", "--out", "o", "--no-pictures")
    type_in(place, *walk, "-b", "1", "-s", "40", "--out", "again", "--no-pictures")
    type_in(place, *walk, "-b", "1", "-s", "40", "--out", "other", "--no-pictures", "--seed", "1")
    written = {path.name for path in (place / "o" / "trajectories").iterdir()}
    assert written == {"sin_0.wav", "sin_1.wav", "helix_0.wav", "helix_1.wav"}
    first, again, other = (
        soundfile.read(place / out / "trajectories" / "helix_0.wav")[0]
        for out in ("o", "again", "other")
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.isfinite(first).all()

    said = type_in(place, "script.py", "runs/first", "-o", "patches")
    assert "768 samples" in said
    source = next((place / "my söunds").rglob("reed*.wav"))
    play = ("-m", "vschaos.export.play", "patches/first.ts")
    type_in(place, *play, source, "played.wav", "--buffer", "2048", "--set", "inversion_mode=scan")
    played, rate = soundfile.read(place / "played.wav")
    assert rate == 44100
    assert 0.05 < np.abs(played).max() < 2.0
    type_in(place, *play, source, "latents.wav", "--method", "encode")
    assert soundfile.info(place / "latents.wav").channels == 8
    type_in(place, *play, "latents.wav", "decoded.wav", "--method", "decode")
    assert np.abs(soundfile.read(place / "decoded.wav")[0]).max() > 0.05


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train_model.py", "--config-name", "dgt_mid", "name=a"], "data.dataset.root"),
        (["generate.py", "reconstruct", "nowhere"], "nowhere"),
        (["script.py", "nowhere"], "nowhere"),
        (["extract_pitch.py", "nowhere", "--model", "tiny"], "nowhere"),
        (["-m", "vschaos.export.play", "no.ts", "no.wav", "out.wav"], "no.ts"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, words: list[str], expected: str) -> None:
    said = type_in(tmp_path, *words, expected=1)
    assert expected in said.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "script", ["train_model.py", "generate.py", "script.py", "extract_pitch.py"]
)
def test_help_is_there_at_once(tmp_path: Path, script: str) -> None:
    assert "example" in type_in(tmp_path, script, "--help") or script == "train_model.py"
    imported = subprocess.run(
        [sys.executable, "-X", "importtime", ROOT / script, "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert " torch" not in imported
    assert "hydra" not in imported
