"""The command lines, typed one after the other as in the README, on a dataset with pitfalls."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.test_configs import composed
from vschaos import load_run
from vschaos.audio.files import write_audio
from vschaos.cli.main import main
from vschaos.demo.sounds import PITCHES, Note, synthesise, write_dataset
from vschaos.labels import UNSEEN
from vschaos.training import train

ROOT = Path(__file__).parents[1]
TINY = [
    "trainer.max_steps=60",
    "trainer.accelerator=cpu",
    "report=false",
    "data.loading.batches_per_epoch=30",
    "data.loading.batch_size=32",
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


@pytest.mark.slow
def test_from_a_folder_of_sounds_to_a_playing_model(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The training in a process of its own, the rest within this one, which is quicker."""
    said = type_in(
        place,
        *("train_model.py", "--config-name", "dgt_small", "name=first", "rundir=runs"),
        *("data.dataset.root=my söunds", *TINY),
    )
    assert "skipped data/broken.flac" in said
    assert "skipped 3 of 11 files" in said
    assert "4.9 seconds to train with (7 files), 0.7 seconds held out (1 file)" in said

    caplog.set_level("INFO")
    run = partial(run_main, monkeypatch, place)
    run("generate", "reconstruct", "runs/first", "--sr", "22050", "--out", "o")
    (reconstruction,) = (place / "o" / "reconstructions").glob("*.wav")
    sound, rate = soundfile.read(reconstruction)
    assert rate == 22050
    assert len(sound) == pytest.approx(0.7 * 22050, abs=2)
    assert 0.05 < np.abs(sound).max() < 1.5
    assert reconstruction.with_suffix(".png").stat().st_size > 10_000

    walk = ("trajectories", "runs/first", "--trajectories", "sin", "helix", "-s", "40")
    walk += ("--no-pictures",)
    run("generate", *walk, "-b", "2", "--out", "o")
    run("generate", *walk, "-b", "1", "--out", "again")
    run("generate", *walk, "-b", "1", "--out", "other", "--seed", "1")
    written = {path.name for path in (place / "o" / "trajectories").glob("*.wav")}
    assert written == {"sin_0.wav", "sin_1.wav", "helix_0.wav", "helix_1.wav"}
    first, again, other = (
        soundfile.read(place / out / "trajectories" / "helix_0.wav")[0]
        for out in ("o", "again", "other")
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.isfinite(first).all()

    run("export", "runs/first", "-o", "patches")
    assert "768 samples" in caplog.text
    source = next((place / "my söunds").rglob("reed*.wav"))
    play = ("play", "patches/first.ts")
    run(*play, source, "played.wav", "--buffer", "2048", "--set", "inversion_mode=scan")
    played, rate = soundfile.read(place / "played.wav")
    assert rate == 44100
    assert 0.05 < np.abs(played).max() < 2.0
    run(*play, source, "latents.wav", "--method", "encode")
    assert soundfile.info(place / "latents.wav").channels == 8
    run(*play, "latents.wav", "decoded.wav", "--method", "decode")
    assert np.abs(soundfile.read(place / "decoded.wav")[0]).max() > 0.05


@pytest.fixture(scope="module")
def conditioned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notes in `notes`, some of them labelled, and a model of them."""
    folder = tmp_path_factory.mktemp("conditioned")
    notes = [Note("reed", pitch, octave, "loud") for pitch in (0, 3, 7) for octave in (3, 4)]
    write_dataset(folder / "notes", 16000, [*notes, Note("bell", 11, 3, "soft")])
    octaves = folder / "notes" / "metadata" / "octave" / "metadata.txt"
    octaves.write_text("".join(octaves.read_text().splitlines(keepends=True)[:-2]))
    settings = (
        *("name=heard", f"rundir={folder / 'runs'}", f"data.dataset.root={folder / 'notes'}"),
        *("data.dataset.held_out=0.2", "model.sample_rate=16000", "seed=1"),
        *("model.transform.n_fft=512", "model.transform.hop_length=128"),
        *("data.loading.balance=[pitch,octave]", "model.adversary_dims=[16]", *TINY),
        *("trainer.max_steps=20", "data.loading.batches_per_epoch=20", "training.monitoring=null"),
    )
    train(composed("dgt_pitch_prediction", *settings))
    return folder


def run_main(
    monkeypatch: pytest.MonkeyPatch, folder: Path, command: str, *words: str | Path
) -> list[str]:
    """Runs a command within this process, which is quicker; gives its error, if it failed."""
    monkeypatch.chdir(folder)
    said: list[str] = []

    def run_command(main: Callable[[], int | None], debug: bool = False) -> int:
        try:
            return main() or 0
        except ValueError as error:
            said.append(str(error))
            return 1

    module = importlib.import_module(f"vschaos.cli.{command}")
    monkeypatch.setattr(module, "run_command", run_command)
    assert module.main([str(word) for word in words]) == len(said)
    return said


def test_a_model_of_notes_is_played_by_their_names(
    conditioned: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run = partial(run_main, monkeypatch, conditioned)
    both = ("--meta", "pitch", "3", "octave", "4")
    run("generate", "reconstruct", "runs/heard", "--out", "o", *both, "--no-pictures")
    (wav,) = (conditioned / "o" / "reconstructions").glob("*.wav")
    assert wav.name in caplog.text
    held_out = load_run(conditioned / "runs" / "heard").split["held_out"]
    own = conditioned / "notes" / held_out[0]
    by_itself = ("reconstruct", "runs/heard", "--files", own, "--no-pictures", "--out")
    run("generate", *by_itself, "known")
    run("generate", *by_itself, "other", "--meta", "pitch", "F#")
    known, other = (
        soundfile.read(conditioned / out / "reconstructions" / own.name)[0]
        for out in ("known", "other")
    )
    assert known.shape == other.shape
    assert not np.array_equal(known, other)

    walk = ("trajectories", "runs/heard", "--trajectories", "sin", "-b", "1", "-s", "40")
    sounds = {}
    for out, words in (
        ("number", ["pitch", "3"]),
        ("name", ["pitch", "C"]),
        ("another", ["pitch", "C#"]),
        ("nothing", []),
    ):
        run("generate", *walk, "--no-pictures", "--out", out, *(["--meta", *words] * bool(words)))
        sounds[out] = soundfile.read(conditioned / out / "trajectories" / "sin_0.wav")[0]
    assert np.array_equal(sounds["number"], sounds["name"])
    for different in ("another", "nothing"):
        assert not np.array_equal(sounds["name"], sounds[different])

    # a sweep, with a file for each class and its picture
    run("generate", "sweep", "runs/heard", "--files", own, "--task", "pitch", "--out", "swept",
         "--meta", "octave", "4", "--inversion", "scan")  # fmt: skip
    folder = conditioned / "swept" / "sweeps" / f"{own.stem}_pitch"
    names = sorted(path.name for path in folder.glob("*.wav"))
    marks = ["" if number in (0, 3, 7, 11) else f" - {UNSEEN}" for number in range(12)]
    titles = [f"{name}{mark}" for name, mark in zip(PITCHES, marks, strict=True)]
    assert names == [*(f"{k:02d}_{name}.wav" for k, name in enumerate(titles)), "all.wav"]
    assert (folder / "all.png").stat().st_size > 10_000

    for words, message in (
        (["--meta", "pitch", "H"], "pitch: expected a class number from 0 to 11 or one of A, A#"),
        (["--meta", "pitch"], "pairs of a label and its value"),
        (["--meta", "timbre", "1"], "the model is conditioned on pitch, octave, got 'timbre'"),
    ):
        (refusal,) = run("generate", *walk, "--out", "never", *words)
        assert message in refusal
    assert not (conditioned / "never").exists()


def test_a_patch_tells_its_labels_and_hears_them(
    conditioned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = partial(run_main, monkeypatch, conditioned)
    run("export", "runs/heard", "-o", "patches")
    sound = synthesise(Note("reed", 3, 4, "loud"), 16000, 0.5)
    unknown = np.stack([sound, *(np.full_like(sound, -1.0) for _ in range(2))])
    write_audio(conditioned / "in.wav", unknown, 16000)
    run("play", "patches/heard.ts", "in.wav", "out.wav")
    played, _ = soundfile.read(conditioned / "out.wav")
    assert played.shape == (8000, 3)
    heard = load_run(conditioned / "runs" / "heard").predict(sound)
    for channel, task in ((1, "pitch"), (2, "octave")):
        agreement = np.mean(played[64::128, channel] == heard[task][: len(played[64::128])])
        assert agreement > 0.95  # a class near another one may hang on the last digit
    write_audio(conditioned / "mono.wav", sound, 16000)
    (refusal,) = run("play", "patches/heard.ts", "mono.wav", "no.wav")
    assert (
        "mono.wav must have 3 channels, one for each inlet of forward (audio, pitch, octave), got 1"
        in refusal
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train", "--config-name", "dgt_mid", "name=a"], "data.dataset.root"),
        (["generate", "reconstruct", "nowhere"], "nowhere"),
        (["export", "nowhere"], "nowhere"),
        (["extract-pitch", "nowhere", "--model", "tiny"], "nowhere"),
        (["play", "no.ts", "no.wav", "out.wav"], "no.ts"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert expected in said.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_mistake_ends_the_command_with_1(tmp_path: Path) -> None:
    said = type_in(tmp_path, "train_model.py", "name=a", expected=1)
    assert "data.dataset.root" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("script", "command"),
    [
        pytest.param("train_model.py", "train", marks=pytest.mark.slow),
        pytest.param("generate.py", "generate", marks=pytest.mark.slow),
        ("script.py", "export"),
        pytest.param("extract_pitch.py", "extract-pitch", marks=pytest.mark.slow),
    ],
)
def test_help_has_an_example(tmp_path: Path, script: str, command: str) -> None:
    said = type_in(tmp_path, script, "--help")
    assert "example" in said
    assert f"vschaos {command} " in said
