"""Encodes the files of a run into sequences of latents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.generation import encode_segments
from vschaos.generation.material import Material
from vschaos.labels import Labels
from vschaos.latents import Stretch
from vschaos.progress import Progress
from vschaos.runs import Run
from vschaos.runs.standard import standardize

MAX_FRAMES = 1_000_000  # of a dataset


class Sequences(NamedTuple):
    """Latents and labels of whole files.

    Attributes:
        latents: of each file, `[Z, N]`, standard deviations.
        values, known: of its labels, `[L, N]`.
    """

    latents: list[Tensor]
    values: list[Tensor]
    known: list[Tensor]

    @property
    def num_frames(self) -> int:
        return sum(latents.shape[1] for latents in self.latents)


def read_sequences(run: Run, side: str) -> Sequences:
    """Encodes the files, or parts of files, of a side of the run's split, with their labels in the
    dataset.

    Raises:
        FileNotFoundError: none of them exists.
    """
    material = Material(run, prefers_files=True)
    names = material.names(side)
    if material.origin != "dataset" or not names:
        raise FileNotFoundError(
            f"the sounds of the run's training are not on this machine ({material.root}): train "
            "its prior where they are"
        )
    found = Sequences([], [], [])
    for name in Progress(names, desc="encoding", unit="file"):
        if found.num_frames > MAX_FRAMES:
            break
        clip = material.clip(name, material.seconds_of(name, side) + 1.0, side)  # all of it
        if clip is not None:
            conditioning = material.conditioning(clip)
            encoded = encode_segments(run, [clip.audio], conditioning)
            latents = torch.from_numpy(standardize(run.autoencoder, encoded))
            labels = run.labels(latents.shape[1], conditioning)
            found.latents.append(latents)
            found.values.append(labels.values[0])
            found.known.append(labels.known[0])
    return found


class Streams:
    """Endless streams of files one after the other, shuffled anew each time.

    Args:
        sequences: the files.
        num_streams: B.
        random: shuffles them.
    """

    def __init__(self, sequences: Sequences, num_streams: int, random: torch.Generator) -> None:
        self.random = random
        self.num_streams = num_streams
        self.latents = torch.cat(sequences.latents, dim=1)
        self.values = torch.cat(sequences.values, dim=1)
        self.known = torch.cat(sequences.known, dim=1)
        lengths = torch.tensor([latents.shape[1] for latents in sequences.latents])
        self.firsts = lengths.cumsum(0) - lengths
        self.ages = torch.cat([torch.arange(length) for length in lengths.tolist()])
        self.lengths = lengths

    def stretches(self, length: int) -> Iterator[Stretch]:
        """Consecutive stretches of `length` frames of each stream."""
        sources = [self._frames() for _ in range(self.num_streams)]
        places = torch.tensor([[next(source)] for source in sources])
        while True:
            new = torch.tensor([[next(source) for _ in range(length)] for source in sources])
            places = torch.cat([places[:, -1:], new], dim=1)
            before, now = places[:, :-1], places[:, 1:]
            labels = Labels(_picked(self.values, now), _picked(self.known, now))
            ages = self.ages[before].float().unsqueeze(1)
            yield Stretch(
                latents=_picked(self.latents, now),
                begins=self.ages[now] == 0,
                last=_picked(self.latents, before),
                doubt=torch.zeros_like(ages),
                ages=ages,
                labels=labels,
            )

    def _frames(self) -> Iterator[int]:
        while True:
            for file in torch.randperm(len(self.lengths), generator=self.random).tolist():
                first = int(self.firsts[file])
                yield from range(first, first + int(self.lengths[file]))


def _picked(rows: Tensor, places: Tensor) -> Tensor:
    """`[C, M]` at frames `[B, N]` -> `[B, C, N]`."""
    return rows[:, places].transpose(0, 1)
