"""A wavetable that is played by names of timbre: what a cycle sounds like, at any pitch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.dsp.descriptors import DESCRIPTORS
from vschaos.dsp.wavetable import StreamingWavetableOscillator, WavetableOscillator
from vschaos.labels import Labels, Vocabulary
from vschaos.models.capabilities import SingleCycle
from vschaos.models.pitched.controls import numbered
from vschaos.models.pitched.heard import Heard, shape_difference
from vschaos.models.pitched.listener import WINDOWS
from vschaos.models.pitched.model import AUDIBLE_DB, VOICED, HarmonicInstrument
from vschaos.models.wavetable.listener import DescribingListener
from vschaos.models.wavetable.network import CycleNetwork
from vschaos.models.wavetable.timbre import DescribedTimbre

FEATURE = "descriptors"  # of a batch, `vschaos.data.features.LiveDescriptors`
SURE = 0.97  # confidence of frames within a note
WARM_UP_FRAMES = 32  # of silence, before the first frame of a stream
SHIFT = 1.5  # standard deviations that descriptors are moved by in training
RESTING_NOTE, SILENCE_DB = 60.0, -80.0


class Wavetable(HarmonicInstrument, SingleCycle):
    """Neural wavetable: descriptors of timbre with pitch and loudness make the spectrum of one
    cycle, and noise.

    What is asked of brightness, odd to even, richness and noisiness holds for what is played: the
    spectrum that the network proposes is moved to it (`Obedience`). So the network learns which of
    all spectra with these descriptors the training's sounds have. Some examples ask for others than
    those of their sound, and only whether the network obeys counts: then little need be moved.

    Args:
        vocabularies ... label_dropout: see `HarmonicInstrument`; `num_timbres` of the residual.
        network: `gru`, `causal` or `mlp`, see `CycleNetwork`.
        hidden_dim, state_dim: of the network.
        moved_share: of the examples, that ask for other descriptors.
    """

    descriptors = DESCRIPTORS
    weak_partials = 0.5  # a cycle is judged by all its partials
    timbre: DescribedTimbre
    bank: WavetableOscillator
    network: CycleNetwork

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
        network: str = "gru",
        hidden_dim: int = 96,
        state_dim: int = 96,
        excerpt_frames: int = 64,
        sound_examples: int = 0,
        timbre_dropout: float = 0.1,
        timbre_noise: float = 0.05,
        moved_share: float = 0.15,
        conditioning: Mapping[str, Mapping[str, Any]] | None = None,
        label_dropout: float = 0.0,
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
        )
        self.moved_share = moved_share
        self.bank = WavetableOscillator(sample_rate, hop_length, num_partials)
        self.network = CycleNetwork(
            sample_rate,
            num_partials,
            num_noise_bands,
            self.timbre.scale,
            num_timbres + self.labelling.to_decoder.num_features,
            network,
            hidden_dim,
            state_dim,
        )

    def timbre_names(self) -> list[str]:
        return [*DESCRIPTORS, *numbered(self.num_timbres)]

    def make_timbre(self) -> DescribedTimbre:
        return DescribedTimbre(self.num_levels, self.num_timbres)

    def streaming_oscillator(self) -> StreamingWavetableOscillator:
        return StreamingWavetableOscillator(self.bank)

    def listener_of(self, window: int) -> DescribingListener:
        return DescribingListener(
            self.sample_rate,
            self.hop_length,
            window,
            self.timbre,
            self.num_levels,
            self.num_partials,
        )

    def timbre_of(self, batch: Batch, heard: Heard) -> Tensor:
        described = self.timbre.scale(self.described(batch), heard.played)
        return torch.cat([described, self.timbre(heard.levels)], 1)

    def described(self, batch: Batch) -> Tensor:
        """The feature of a batch, in its units, `[B, 4, N]`.

        Raises:
            ValueError: the batch has no such feature.
        """
        found = batch.features.get(FEATURE)
        if found is None or found.shape[1] != len(DESCRIPTORS):
            given = "none" if found is None else f"{found.shape[1]} channels"
            raise ValueError(
                f"data.features.{FEATURE} must be there (vschaos.data.features.LiveDescriptors, "
                f"{len(DESCRIPTORS)} channels), got {given}"
            )
        return found

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        """Takes register, level, mean spectrum and the scale of the timbre from the examples."""
        super().fit(batch, is_usual)
        heard, described = self.heard(batch), self.described(batch)
        chosen = self._is_described(heard)
        chosen = chosen if is_usual is None else chosen & is_usual[:, None]
        self.timbre.scale.fit(described, chosen)
        self.network.fit(heard.partials, chosen & (heard.played[:, 1] >= SURE))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """As of every harmonic instrument, over the examples that ask for the descriptors of their
        sound; `cycle`, the mean square error of its spectrum; and `descriptors`, by how many
        standard deviations the network misses what is asked for before it is made to obey."""
        heard = self.heard(batch)
        timbre = self.timbre_of(batch, heard)
        num = len(DESCRIPTORS)
        is_moved = torch.rand(len(timbre), 1, 1, device=timbre.device) < self.moved_share
        shift = SHIFT * torch.randn(len(timbre), num, 1, device=timbre.device) * is_moved
        asked = timbre[:, :num] + shift
        controls = torch.cat([heard.played, asked, self.blurred(timbre[:, num:])], 1)
        controls = self.conditioned(controls, self.shown(batch.labels))
        levels, _ = self.network.outline(controls, self.initial(len(controls)))
        chosen = self._is_described(heard)
        missed = self._missed(controls, levels, asked).transpose(1, 2)[chosen]
        partials, noise = self.network.played(controls, levels)
        counts = (~is_moved[:, 0]).expand_as(chosen)
        found = self.differences(batch, heard, partials, noise, counts)
        return {
            **found,
            "cycle": shape_difference(partials, heard.partials, counts & chosen),
            "descriptors": missed.sum() / max(missed.numel(), 1),
        }

    def initial(self, rows: int) -> Tensor:
        """The memory of the network after silence."""
        silence = self.network.partial_db.new_zeros(1, self.latent_dim, WARM_UP_FRAMES)
        silence[:, 0], silence[:, 2] = RESTING_NOTE, SILENCE_DB
        with torch.no_grad():
            controls = self.conditioned(silence, self.labelling.unknown(silence))
            _, memory = self.network.outline(controls, super().initial(1))
        return memory.expand(rows, -1)

    def hear(self, batch: Batch) -> Tensor:
        heard = self.heard(batch)
        return torch.cat([heard.played, self.timbre_of(batch, heard)], 1)

    def cycle_amplitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        given = self.labelling.unknown(latents) if labels is None else labels
        controls = self.conditioned(latents, given)
        levels, _ = self.network.outline(controls, self.initial(len(latents)))
        found = self.network.obeyed(controls, levels)
        cycle: Tensor = found.tone * found.fade
        return cycle / cycle.amax(1, keepdim=True).clamp_min(1e-12)

    def _is_described(self, heard: Heard) -> Tensor:
        """Frames whose descriptors have a meaning, `[B, N]`."""
        return (heard.played[:, 1] >= VOICED) & (heard.played[:, 2] > AUDIBLE_DB)

    def _missed(self, controls: Tensor, levels: Tensor, asked: Tensor) -> Tensor:
        """Standard deviations between what was asked for and what was made, `[B, 4, N]`; beyond one
        the distance counts, below its square."""
        scale = self.timbre.scale
        made = self.network.described(self.network.pitch(controls), levels)
        missing = (made - scale.inverse(asked)) / scale.spread
        return torch.nn.functional.smooth_l1_loss(
            missing, torch.zeros_like(missing), reduction="none"
        )
