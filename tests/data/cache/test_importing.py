"""Room for imported sounds is foreseen, and killed imports leave nothing for long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.data.cache import sources
from vschaos.data.cache.sources import room_for
from vschaos.data.cache.store import open_store


@pytest.mark.parametrize("files_asked", [3, 100])
def test_room_is_about_what_sounds_take(
    tmp_path: Path,
    tone: Callable[..., np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    files_asked: int,
) -> None:
    monkeypatch.setattr(sources, "FILES_ASKED", files_asked)
    for number in range(10):
        write_audio(
            tmp_path / "data" / f"{number}.wav", tone(duration_seconds=1 + number / 5), 8000
        )
    (tmp_path / "data" / "broken.wav").write_bytes(b"RIFF")
    open_store(tmp_path, 16000, "mix", min_length=1, cache=tmp_path / "cache")
    taken = sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*.sound"))
    paths = sorted((tmp_path / "data").iterdir())
    assert room_for(paths, 16000) == pytest.approx(taken, rel=0.2)


def test_a_full_disk_is_reported_before_anything_is_imported(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vschaos.data.cache.importing.room_for", lambda *given: 10**18)
    with pytest.raises(
        ValueError, match=r"the imported sounds need .* data\.dataset\.cache=\.\.\."
    ):
        open_store(dataset, 8000, "mix", min_length=1, cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.sound"))
