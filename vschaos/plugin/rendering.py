"""Renders a dataset: sounds in shards, each there whole or not at all, then labels of them all.

A shard is a folder of sounds with `draws.json`, which says what each was rendered from. Its name
holds a hash of all that the sounds depend on. Each shard is rendered by a process of its own, from
the moment when the plug-in is loaded, since plug-ins carry state from sound to sound (phases, a
generator of noise): so its sounds are the same whatever else is rendered, by however many processes
and after any interruption.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vschaos.audio.files import write_audio, write_flac
from vschaos.data.metadata.writing import WholeLabels, write_labels
from vschaos.files import check_room, partial_folder, written_whole
from vschaos.locks import Lock
from vschaos.parallel import Progress
from vschaos.plugin.draws import Draw, Source
from vschaos.plugin.host import PROGRAM, TIME_LIMIT_SECONDS, Host, HostError
from vschaos.plugin.levels import loudness_db
from vschaos.plugin.player import Player

VERSION = 1  # of the sounds that one spec gives
SHARD = 100  # draws
LEAST_DB = -60.0  # dB(A) re full scale, of the loudest 50 ms: below, a sound is silent
MOST_ATTEMPTS = 20  # silent draws in a row for one sound
MOST_FAILURES = 10  # in a row, before the job gives up
TOLD = 5  # skipped draws, one by one
FORMATS = ("flac", "wav")
SPEC, DRAWS = "render.json", "draws.json"
NOTE, VELOCITY = "note", "velocity"  # labels beside the parameters
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What is rendered, and where to.

    Args:
        root: of the dataset.
        plugin: the plug-in's file.
        source: of the draws.
        count: of sounds.
        held_seconds, seconds: of a note, and of the sound.
        audio: one of `FORMATS`: 16-bit flac, or float wav.
        least_db: quieter sounds are drawn again.
        time_limit_seconds: for one sound.
        program: of the host processes.
    """

    root: Path
    plugin: Path
    source: Source
    count: int
    held_seconds: float
    seconds: float
    audio: str = "flac"
    least_db: float = LEAST_DB
    time_limit_seconds: float = TIME_LIMIT_SECONDS
    program: Sequence[str] = PROGRAM
    key: str = field(init=False, default="")

    def __post_init__(self) -> None:
        text = json.dumps(self.spec(), sort_keys=True)
        object.__setattr__(self, "key", hashlib.sha256(text.encode()).hexdigest()[:12])

    def spec(self) -> dict[str, Any]:
        """All that the sounds depend on, their number apart."""
        source = self.source
        return {
            "version": VERSION,
            "plugin": source.description.name,
            "description": source.description.digest,
            "binary": hashlib.sha256(self.plugin.read_bytes()).hexdigest(),
            "base": source.description.values_at(source.base),
            "free": [source.description.names[index] for index in source.free],
            "parents": len(source.parents),
            "parents_digest": hashlib.sha256(source.parents.astype("<f4").tobytes()).hexdigest(),
            "notes": list(source.notes),
            "velocities": list(source.velocities),
            "seed": source.seed,
            "held_seconds": self.held_seconds,
            "seconds": self.seconds,
            "least_db": self.least_db,
            "audio": self.audio,
            "draws_in_a_shard": SHARD,
        }

    @property
    def num_shards(self) -> int:
        return math.ceil(self.count / SHARD)

    def numbers(self, shard: int) -> range:
        """The draws of a shard."""
        return range(shard * SHARD, min((shard + 1) * SHARD, self.count))

    def folder(self, shard: int) -> Path:
        return self.root / "data" / f"{self.key}-{shard:05d}"

    def is_there(self, shard: int) -> bool:
        """Whether it is rendered, with as many draws as are wanted now."""
        try:
            found = json.loads((self.folder(shard) / DRAWS).read_text(encoding="utf-8"))
            return bool(found["count"] == len(self.numbers(shard)))
        except (OSError, ValueError, KeyError, TypeError):
            return False


class Tally(NamedTuple):
    """What came of a job.

    Attributes:
        num_sounds: that are there.
        num_silent: draws that were rejected.
        skipped: the reason by the number of a draw.
        missing: shards that are not there yet; labels are written when none is missing.
    """

    num_sounds: int
    num_silent: int
    skipped: dict[int, str]
    missing: int


def render(job: Job, num_processes: int = 1, share: tuple[int, int] = (1, 1)) -> Tally:
    """Renders what is missing of a dataset; labels it when all is there.

    Args:
        num_processes: that host the plug-in at a time.
        share: (k, n): every n-th shard from the k-th on, for n jobs that fill one dataset.

    Raises:
        ValueError: the folder holds something else, or the disk is too full.
        HostError: the plug-in fails again and again.
        FileNotFoundError, ValueError: the plug-in cannot be loaded.
    """
    _claim(job)
    mine = range(share[0] - 1, job.num_shards, share[1])
    todo = [shard for shard in mine if not job.is_there(shard)]
    num_draws = sum(len(job.numbers(shard)) for shard in todo)
    width = 4 if job.audio == "wav" else 2
    size = round(width * job.seconds * job.source.description.sample_rate) + 2048
    check_room(job.root, num_draws * size, f"{num_draws} sounds", "OUT")
    lock = Lock(job.root / f".render-{share[0]}-of-{share[1]}.lock")
    if not lock.take():
        raise ValueError(f"{job.root} is being rendered by another process: wait for it")
    try:
        with Progress("rendering", num_draws, "sounds") as progress:
            _render_all(job, todo, num_processes, progress)
    finally:
        lock.let_go(removes=True)
    return finish(job)


def finish(job: Job) -> Tally:
    """Writes the labels, if all shards are there."""
    found = tally(job)
    if not found.missing:
        lock = Lock(job.root / ".labels.lock")
        lock.take(waits=True)  # another job may have finished the same moment
        try:
            write_labels(job.root, _labels(job))
        finally:
            lock.let_go(removes=True)
    return found


def tally(job: Job) -> Tally:
    """Counts what is there."""
    shards = list(_read(job))
    return Tally(
        num_sounds=sum(len(shard["draws"]) for shard in shards),
        num_silent=sum(shard["silent"] for shard in shards),
        skipped={int(number): why for one in shards for number, why in one["skipped"].items()},
        missing=job.num_shards - len(shards),
    )


def hashes(job: Job) -> dict[str, str]:
    """A digest of the samples of each sound, by its name."""
    return {draw["file"]: draw["sha256"] for shard in _read(job) for draw in shard["draws"]}


def _claim(job: Job) -> None:
    """Makes the folder that of this job, or refuses another's."""
    path = job.root / SPEC
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("key") != job.key:
            told = _difference(found, job)
            raise ValueError(f"{job.root} holds sounds of other settings{told}: take another OUT")
        return
    if job.root.is_dir() and any(job.root.iterdir()):
        raise ValueError(f"{job.root} holds other files: take another OUT, a new folder")
    job.root.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        text = json.dumps({"key": job.key, **job.spec()}, indent=1)
        partial.write_text(text + "\n", encoding="utf-8")


def _difference(found: object, job: Job) -> str:
    if isinstance(found, dict):
        for name, value in job.spec().items():
            if found.get(name) != value and name in found:
                return f" ({name} is another)"
    return ""


def _render_all(
    job: Job, todo: Sequence[int], num_processes: int, progress: Callable[[float], None]
) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(max(num_processes, 1)) as pool:
        work = [pool.submit(_render_shard, job, shard, stop, progress) for shard in todo]
        try:
            for future in as_completed(work):
                future.result()
        except KeyboardInterrupt as error:
            kept = sum(map(job.is_there, range(job.num_shards)))
            raise KeyboardInterrupt(
                f"stopped: {kept} of {job.num_shards} shards are there, start again to resume"
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _render_shard(
    job: Job, shard: int, stop: threading.Event, progress: Callable[[float], None]
) -> None:
    folder = job.folder(shard)
    with partial_folder(folder) as partial, _ShardRenderer(job, partial) as renderer:
        for number in job.numbers(shard):
            if stop.is_set():
                return
            renderer.render(number)
            progress(1)
        content = {
            "count": len(job.numbers(shard)),
            "silent": renderer.num_silent,
            "skipped": {str(number): why for number, why in renderer.skipped.items()},
            "draws": [
                {**draw, "file": f"data/{folder.name}/{draw['file']}"} for draw in renderer.done
            ],
        }
        (partial / DRAWS).write_text(json.dumps(content) + "\n", encoding="utf-8")
        if folder.exists():  # of a job with fewer sounds
            shutil.rmtree(folder)
        partial.rename(folder)


class _ShardRenderer:
    """Renders draws one by one with one host process, and writes the sounds to a folder."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.job = job
        self.folder = folder
        self.description = job.source.description
        self.host = Host(
            job.plugin, self.description.sample_rate, job.time_limit_seconds, job.program
        )
        self.player: Player | None = None  # once the plug-in is loaded
        self.num_silent = 0
        self.num_failures = 0  # in a row
        self.skipped: dict[int, str] = {}
        self.done: list[dict[str, Any]] = []

    def __enter__(self) -> _ShardRenderer:
        return self

    def __exit__(self, *error: object) -> None:
        self.host.end()

    def render(self, number: int) -> None:
        """Renders a draw, or the next attempt of it that is not silent."""
        for attempt in range(MOST_ATTEMPTS):
            draw = self.job.source.draw(number, attempt)
            try:
                audio = self._sound(draw)
                self.num_failures = 0
            except HostError as error:
                self._fail(number, error)
                return
            loudness = loudness_db(audio, self.description.sample_rate)
            if loudness >= self.job.least_db:
                self.done.append(self._write(draw, audio, loudness))
                return
            self.num_silent += 1
        self._skip(number, f"{MOST_ATTEMPTS} draws of it were silent")

    def _sound(self, draw: Draw) -> np.ndarray:
        if self.player is None:
            self.player = Player(self.host, self.description)
        return self.player.play(
            draw.positions, draw.note, draw.velocity, self.job.held_seconds, self.job.seconds
        )

    def _write(self, draw: Draw, audio: np.ndarray, loudness: float) -> dict[str, Any]:
        mono = audio.mean(axis=0)
        gain = 1.0
        name = f"{draw.number:07d}.{self.job.audio}"
        if self.job.audio == "wav":
            write_audio(self.folder / name, mono, self.description.sample_rate)
        else:
            # flac ends at full scale, plug-ins do not
            gain = float(min(1.0, 1.0 / max(np.abs(mono).max(), 1e-9)))
            write_flac(self.folder / name, gain * mono, self.description.sample_rate)
        return {
            "file": name,
            "number": draw.number,
            "attempt": draw.attempt,
            "origin": draw.origin,
            NOTE: draw.note,
            VELOCITY: draw.velocity,
            "loudness_db": round(loudness, 2),
            "gain_db": round(20 * math.log10(gain), 3),
            "sha256": hashlib.sha256(audio.tobytes()).hexdigest()[:16],
            "positions": [round(float(position), 7) for position in draw.positions],
        }

    def _fail(self, number: int, error: HostError) -> None:
        self.num_failures += 1
        if self.num_failures >= MOST_FAILURES:
            raise HostError(
                f"{self.num_failures} sounds in a row could not be rendered, the last since {error}"
            ) from error
        self._skip(number, str(error))

    def _skip(self, number: int, reason: str) -> None:
        self.skipped[number] = reason
        if len(self.skipped) <= TOLD:
            logger.warning("sound %d is skipped: %s", number, reason)


def _read(job: Job) -> Iterator[dict[str, Any]]:
    for shard in range(job.num_shards):
        if job.is_there(shard):
            yield json.loads((job.folder(shard) / DRAWS).read_text(encoding="utf-8"))


def _labels(job: Job) -> Iterator[WholeLabels]:
    """Of each drawn parameter: the number of its step, or the position of its knob."""
    draws = [draw for shard in _read(job) for draw in shard["draws"]]
    for index in job.source.free:
        parameter = job.source.description.parameters[index]
        values = {draw["file"]: draw["positions"][index] for draw in draws}
        if parameter.is_stepped:
            steps = {file: float(parameter.step_of(position)) for file, position in values.items()}
            yield WholeLabels(parameter.name, steps, parameter.classes)
        else:
            yield WholeLabels(parameter.name, values)
    for name in (NOTE, VELOCITY):
        yield WholeLabels(name, {draw["file"]: draw[name] for draw in draws})
