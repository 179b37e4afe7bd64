"""What a training says of the sounds that it begins with, beside those that it leaves out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping

from vschaos.data.cache.convert import cancels_in
from vschaos.data.cache.waveform import CachedWaveform
from vschaos.data.full_scale import beyond, is_beyond

NAMES_SHOWN = 5  # of each kind
ALIKE = 0.9  # of a model's rate, from which on sounds fill its bins but for some that few hear
logger = logging.getLogger(__name__)


def tell(pieces: Mapping[str, CachedWaveform], sample_rate: int, channel: str, choice: str) -> None:
    """Warns of sounds that are likely not meant to be learnt as they are.

    Args:
        pieces: of the sounds, by name.
        sample_rate: of the model, Hz.
        channel: `mix`, or a number.
        choice: of what is done to sounds beyond full scale.
    """
    cancelled = {name: cancels_in(piece, channel) for name, piece in pieces.items()}
    _tell_some({name: said for name, said in cancelled.items() if said})
    done = "it is scaled to a peak of 1" if choice == "scale" else "it is learnt at that level"
    _tell_some(
        {
            name: f"{beyond(piece.peak)}: {done} (data.dataset.beyond_full_scale={choice})"
            for name, piece in pieces.items()
            if is_beyond(piece.peak)
        }
    )
    for said in low_rates(Counter(piece.file_rate for piece in pieces.values()), sample_rate):
        logger.warning("%s: %s", *said)


def low_rates(counts: Mapping[int, int], sample_rate: int) -> Iterator[tuple[str, str]]:
    """How many sounds there are of each rate clearly below a model's, and what it means for them.

    Args:
        counts: of sounds, by their rate in Hz.
        sample_rate: of the model, Hz.
    """
    best = max(counts, default=0)
    for rate, count in sorted(counts.items()):
        if 0 < rate < ALIKE * sample_rate:
            fits = f"model.sample_rate={best} fits all of them" if best < sample_rate else ""
            others = "a model of their own, or files of a higher rate, would avoid it"
            yield (
                f"{count} of {sum(counts.values())} sounds at {rate} Hz",
                f"they have nothing above {rate // 2} Hz, so a model of {sample_rate} Hz "
                f"(model.sample_rate) learns silence there; {fits or others}",
            )


def _tell_some(said: Mapping[str, str]) -> None:
    for name in list(said)[:NAMES_SHOWN]:
        logger.warning("%s: %s", name, said[name])
    if len(said) > NAMES_SHOWN:
        logger.warning(
            "and %d more (python3 -m vschaos.data.check lists all)", len(said) - NAMES_SHOWN
        )
