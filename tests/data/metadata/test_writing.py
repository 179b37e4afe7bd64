from pathlib import Path

import pytest

from vschaos.data.metadata.writing import (
    Segment,
    TaskLabels,
    WholeLabels,
    track_names,
    write_labels,
)


def tasks(value: int = 3) -> list[TaskLabels]:
    tracks = {"data/a.wav": [Segment(0.0, 0.5, None), Segment(0.5, 1.25, value)]}
    return [TaskLabels(name, ("none", "some"), tracks) for name in ("pitch", "octave")]


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_folders_are_as_documented(tmp_path: Path) -> None:
    assert write_labels(tmp_path, tasks()) == {}
    assert content(tmp_path / "metadata" / "pitch") == {
        "metadata.txt": "data/a.wav\ttracks/a.txt\n",
        "classes.txt": "0\tnone\n1\tsome\n",
        "tracks/a.txt": "0.0000,0.5000\tnone\n0.5000,1.2500\t3\n",
    }
    assert sorted(path.name for path in (tmp_path / "metadata").iterdir()) == ["octave", "pitch"]


def test_labels_of_whole_sounds_are_as_documented(tmp_path: Path) -> None:
    sounds = ("data/a.wav", "data/é.flac")
    numbers = WholeLabels("cutoff", dict(zip(sounds, (0.125, 1e-7), strict=True)))
    classes = WholeLabels("wave", dict(zip(sounds, (1, 0), strict=True)), ("sine", "saw"))
    write_labels(tmp_path, [numbers, classes])
    assert content(tmp_path / "metadata" / "cutoff") == {
        "metadata.txt": "data/a.wav\t0.125\ndata/é.flac\t1e-07\n"
    }
    assert content(tmp_path / "metadata" / "wave") == {
        "metadata.txt": "data/a.wav\t1\ndata/é.flac\t0\n",
        "classes.txt": "0\tsine\n1\tsaw\n",
    }


def test_other_labels_are_kept(tmp_path: Path) -> None:
    hand_made = tmp_path / "metadata" / "pitch"
    hand_made.mkdir(parents=True)
    (hand_made / "metadata.txt").write_text("data/a.wav\t5\n")
    backups = write_labels(tmp_path, tasks())
    assert list(backups) == ["pitch"]
    assert backups["pitch"].parent == tmp_path / "metadata_backups"
    assert content(backups["pitch"]) == {"metadata.txt": "data/a.wav\t5\n"}
    again = write_labels(tmp_path, tasks(4))  # in the same second, too
    assert len({*backups.values(), *again.values()}) == 3


def test_the_same_labels_need_no_backup(tmp_path: Path) -> None:
    write_labels(tmp_path, tasks())
    assert write_labels(tmp_path, tasks()) == {}
    assert not (tmp_path / "metadata_backups").exists()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("is_done", [False, True])
def test_all_or_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[BaseException],
    is_done: bool,
) -> None:
    write_labels(tmp_path, tasks())
    before = content(tmp_path)
    rename, calls = Path.rename, []

    def failing(source: Path, target: Path) -> Path:
        calls.append(source)
        if len(calls) != number:
            return rename(source, target)
        if is_done:
            rename(source, target)
        raise error

    monkeypatch.setattr(Path, "rename", failing)
    new = tasks(4)
    with pytest.raises(error):
        write_labels(tmp_path, new)
    assert content(tmp_path) == before


def test_what_a_killed_run_left_is_tidied(tmp_path: Path) -> None:
    left = tmp_path / "metadata" / ".pitch.partial" / "tracks" / "old.txt"
    left.parent.mkdir(parents=True)
    left.touch()
    write_labels(tmp_path, tasks())
    assert set(content(tmp_path / "metadata" / "pitch" / "tracks")) == {"a.txt"}
    assert not left.parent.parent.exists()


@pytest.mark.parametrize(
    "sounds",
    [
        ["data/a.wav", "data/deep/a.wav", "b.wav"],
        ["data/a.wav", "data/a.flac"],
        ["data/a.wav", "data/a.wav.wav", "data/a.flac"],
        ["data/A.wav", "data/a.flac", "data/two words é.wav"],
    ],
)
def test_each_sound_has_a_track_of_its_own(sounds: list[str]) -> None:
    names = track_names(sounds)
    assert list(names) == sounds
    assert len({name.casefold() for name in names.values()}) == len(sounds)
