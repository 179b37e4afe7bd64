"""Writes sounds to files block by block, with pictures beside them."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vschaos.audio.files import Waveform, read_blocks, resample_blocks, write_blocks
from vschaos.files import short_name
from vschaos.outputs import Identity, check_output_file

if TYPE_CHECKING:
    from vschaos.pictures import Spectrogram

logger = logging.getLogger(__name__)


@dataclass
class SoundWriter:
    """Writes sounds and their pictures, with no more of a sound in memory than a block.

    Args:
        sample_rate: Hz, of the sounds.
        to_rate: Hz, of the files.
        has_pictures: whether pictures are drawn.
        inputs: `identities` of files that must not be overwritten.
    """

    sample_rate: int
    to_rate: int
    has_pictures: bool = True
    inputs: Container[Identity] = ()

    def write(
        self, path: Path, blocks: Iterable[Waveform], spectrogram: Spectrogram | None = None
    ) -> tuple[Path, float]:
        """Writes `path.wav`, its name shortened if it is too long for a disk.

        Args:
            blocks: `[T]` each.
            spectrogram: gets the same blocks, if given.

        Returns:
            the file, and its duration in seconds.
        """
        wav = path.with_name(short_name(path.name, ".wav"))
        check_output_file(wav, "--out", self.inputs)
        num_samples, peak = 0, 0.0

        def measured() -> Iterator[Waveform]:
            nonlocal num_samples, peak
            for block in blocks:
                num_samples += len(block)
                peak = max(peak, float(np.abs(block).max(initial=0.0)))
                if spectrogram is not None:
                    spectrogram.add(block)
                yield block

        resampled = resample_blocks(measured(), self.sample_rate, self.to_rate)
        write_blocks(wav, resampled, self.to_rate, is_output=True)
        logger.info("%s", wav)
        if peak > 1.0:
            logger.warning(
                "  its peak is %.2f: turn it down before it is written to 16 or 24 bits", peak
            )
        return wav, num_samples / self.sample_rate

    def join(
        self, path: Path, files: Sequence[Path], spectrogram: Spectrogram | None = None
    ) -> Path:
        """Concatenates written files into `path.wav`."""
        wav = path.with_name(short_name(path.name, ".wav"))
        check_output_file(wav, "--out", self.inputs)
        blocks = (block for file in files for block in read_blocks(file, self.to_rate))
        write_blocks(wav, blocks, self.to_rate, is_output=True)
        if spectrogram is not None:
            for block in (block for file in files for block in read_blocks(file, self.sample_rate)):
                spectrogram.add(block)
        logger.info("%s", wav)
        return wav

    def spectrogram(self) -> Spectrogram | None:
        """An empty one, if pictures are drawn."""
        if not self.has_pictures:
            return None
        from vschaos.pictures import Spectrogram  # matplotlib is slow to load

        return Spectrogram(self.sample_rate)

    def draw(
        self,
        path: Path,
        spectrograms: Mapping[str, Spectrogram | None],
        latents: np.ndarray | None = None,
        marks: Sequence[tuple[float, str]] = (),
        played: np.ndarray | None = None,
    ) -> None:
        """Writes `path.png`, if pictures are drawn; see `draw_sounds`."""
        filled = {title: one for title, one in spectrograms.items() if one is not None}
        if not filled:
            return
        from vschaos.pictures import draw_sounds

        picture = path.with_name(short_name(path.name, ".png"))
        draw_sounds(picture, filled, self.sample_rate, latents, marks, played)
