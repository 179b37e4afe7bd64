"""A harmonic instrument that learns one voice, and the room that it is in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vschaos.dsp.reverb import LOWEST_CENTRE_HZ, Room
from vschaos.instrument.stream import Stream
from vschaos.labels import Vocabulary
from vschaos.models.ddsp.network import ControlNetwork
from vschaos.models.pitched.listener import WINDOWS
from vschaos.models.pitched.model import HarmonicInstrument
from vschaos.models.pitched.stream import HarmonicStream

PLAIN_ROOM_SECONDS = 0.5  # where none was learnt
MOST_OCTAVES = 7  # of its bands


class DDSP(HarmonicInstrument):
    """Differentiable digital signal processing (Engel, Hantrakul, Gu & Roberts 2020).

    A sound is heard as pitch, confidence, loudness and a few numbers of timbre; a small network
    turns these into amplitudes of partials and of noise bands.

    Args:
        vocabularies ... label_dropout, room: see `HarmonicInstrument`.
        hidden_dim, state_dim: of the network.
    """

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        sample_rate: int = 44100,
        hop_length: int = 256,
        window: int = WINDOWS[0],
        num_partials: int = 100,
        num_noise_bands: int = 65,
        num_levels: int = 30,
        num_timbres: int = 4,
        hidden_dim: int = 96,
        state_dim: int = 96,
        excerpt_frames: int = 64,
        sound_examples: int = 2,
        timbre_dropout: float = 0.2,
        timbre_noise: float = 0.1,
        conditioning: Mapping[str, Mapping[str, Any]] | None = None,
        label_dropout: float = 0.0,
        room: Room | None = None,
    ) -> None:
        super().__init__(
            vocabularies,
            sample_rate,
            hop_length,
            window,
            num_partials,
            num_noise_bands,
            num_levels,
            num_timbres,
            excerpt_frames,
            sound_examples,
            timbre_dropout,
            timbre_noise,
            conditioning,
            label_dropout,
            room,
        )
        self.network = ControlNetwork(
            sample_rate,
            num_partials,
            num_noise_bands,
            num_timbres,
            self.labelling.to_decoder.num_features,
            hidden_dim=hidden_dim,
            state_dim=state_dim,
        )

    def stream(self, max_delay: int | None = None) -> Stream:
        if self.room is None:
            return HarmonicStream(self, max_delay, _plain_room(self.sample_rate))
        return HarmonicStream(self, max_delay, self.room, reverb=1.0)


def _plain_room(sample_rate: int) -> Room:
    num_octaves = math.ceil(math.log2(sample_rate / 2 / LOWEST_CENTRE_HZ))  # below Nyquist
    return Room(sample_rate, PLAIN_ROOM_SECONDS, min(num_octaves, MOST_OCTAVES))
