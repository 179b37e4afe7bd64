"""What all families share that find the settings of a synthesiser in a sound."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.instrument.synthesiser import Knob
from vschaos.labels import Vocabulary
from vschaos.models.base import Metric
from vschaos.models.capabilities import Heard, Matching
from vschaos.models.matching.committee import Committee
from vschaos.models.matching.front import Front
from vschaos.models.matching.heads import Heads
from vschaos.models.matching.network import MatchingNetwork

SEEN = ("levels", "spectra", "onset")  # of the front, as features of a batch
CUT_SHARE = 0.1  # of the sounds that are seen in part, from their beginning to a random moment
SHORTEST_CUT = 0.1  # of their length
PITCH_ERROR = 0.05  # semitones, the standard deviation of what a tracker says


class SoundMatcher(Matching):
    """Finds the positions of knobs in a sound, given its note.

    A family says what its sounds were made with (`heard`), and what plays them
    (`synthesiser`).

    Args:
        vocabularies: of labels, of which there must be none.
        knobs: what is found, P of them.
        off: positions at which an amount is off, by the names of those that can be.
        held: positions of knobs that no sound of one note tells, by name.
        sample_rate: Hz.
        hop_length: samples, of the stream.
        seconds: of a sound that are seen, from its onset on.
        channels, hidden_dim, dropout: of the network, see `MatchingNetwork`.
        interval: name of the stepped knob that is an interval to the note, -24 to 24 semitones.
        members: networks that learn by themselves and are asked together, see `Committee`.

    Raises:
        ValueError: there are labels, the sound is too short, or nobody learns.
    """

    tracked_metrics: tuple[Metric, ...] = (
        Metric("knob_error", "error of knobs", "", 3),
        Metric("steps_right", "switches and steps", "%", 1, lower_is_better=False),
    )

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        knobs: Sequence[Knob],
        off: Mapping[str, float] | None = None,
        held: Mapping[str, float] | None = None,
        sample_rate: int = 44100,
        hop_length: int = 128,
        seconds: float = 0.5,
        channels: int = 64,
        hidden_dim: int = 192,
        dropout: float = 0.1,
        interval: str | None = None,
        members: int = 1,
    ) -> None:
        super().__init__()
        if vocabularies:
            raise ValueError(
                "model.conditioning and model.prediction must be empty for a model that finds "
                f"settings, got {', '.join(vocabularies)}"
            )
        if not isinstance(members, int) or members < 1:
            raise ValueError(f"model.members must be a whole number from 1 on, got {members!r}")
        if not 0.1 <= seconds <= 10.0:
            raise ValueError(f"model.seconds must be from 0.1 to 10, got {seconds}")
        self.vocabularies = vocabularies
        self.knobs = tuple(knobs)
        self.sample_rate, self.hop_length = sample_rate, hop_length
        self.excerpt_length = round(seconds * sample_rate)
        self.excerpt_centres = self.centres(self.excerpt_length).tolist()
        self.front = Front(sample_rate, self.excerpt_length)
        self.heads = Heads(knobs, off, held)
        self.chosen = [*self.heads.amounts, *self.heads.steps]
        self.off = dict(zip(self.heads.amounts, self.heads.off.tolist(), strict=True))
        names = [knob.name for knob in knobs]
        place = None if interval is None else self.heads.place_of(names.index(interval))
        shape = self.heads.num_outputs, channels, hidden_dim, dropout, place
        networks = [MatchingNetwork(self.front, *shape) for _ in range(members)]
        self.network = Committee(self.heads, networks)

    @abstractmethod
    def heard(self, batch: Batch) -> Heard:
        """What the sounds of a batch were made with, by its targets."""

    def centres(self, length: int) -> Tensor:
        return torch.arange(0, length, self.hop_length) + self.hop_length // 2

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        """All that comes into the network is scaled by definition."""

    def outputs(self, audio: Tensor, pitch: Tensor) -> Tensor:
        """Sounds `[B, T]`, from their onset on, and MIDI notes `[B]` -> what the heads read."""
        return self.network(*self.front(audio, pitch), pitch)

    @torch.no_grad()
    def prepare(self, batch: Batch) -> Batch:
        """The batch with what the network sees of it, in half precision, for sounds that are
        learnt from more than once. Some notes end early, as one that has just begun does on a
        stream."""
        heard = self.heard(batch)
        # a number that looks random, the same whenever the batch is made again
        chance = torch.frac(heard.positions.double().sum(1) * 1000.0)
        share = torch.where(chance < CUT_SHARE, chance / CUT_SHARE, torch.ones_like(chance))
        length = batch.audio.shape[1]
        ends = (share.clamp_min(SHORTEST_CUT) * length).unsqueeze(1)
        audio = batch.audio * (torch.arange(length, device=ends.device) < ends)
        seen = self.front(audio, heard.pitch)
        features = {name: view.half() for name, view in zip(SEEN, seen, strict=True)}
        return batch._replace(features={**batch.features, **features})

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        heard = self.heard(batch)
        if SEEN[0] in batch.features:
            levels, spectra, onset = (batch.features[name].float() for name in SEEN)
            outputs = self.network.each(levels, spectra, onset, heard.pitch)
        else:
            pitch = heard.pitch + PITCH_ERROR * torch.randn_like(heard.pitch)
            levels, spectra, onset = self.front(batch.audio, pitch)
            outputs = self.network.each(levels, spectra, onset, pitch)
        of_each = [self.heads.losses(one, heard.positions, heard.audible) for one in outputs]
        knobs, steps = (torch.stack(terms).mean() for terms in zip(*of_each, strict=True))
        of_sound = self.sound_losses(outputs, heard, batch)
        return {"parameters": knobs, "switches": steps, **of_sound}

    def sound_losses(self, outputs: list[Tensor], heard: Heard, batch: Batch) -> dict[str, Tensor]:
        """Of families that play what is found with gradients: losses of the sound, by name.

        Args:
            outputs: of each member, `[B, O]`.
        """
        return {}

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        heard = self.heard(batch)
        found = self.heads.likeliest(self.outputs(batch.audio, heard.pitch))
        return self.errors(found, heard)

    def errors(self, found: Tensor, heard: Heard) -> dict[str, Tensor]:
        continuous = self.heads.continuous
        away = (found - heard.positions).abs()[:, continuous]
        is_right = self.are_right(found, heard.positions)
        return {
            "knob_error": _mean(away, heard.audible[:, continuous]),
            "steps_right": 100.0 * _mean(is_right.float(), heard.audible[:, self.chosen]),
        }

    def are_right(self, found: Tensor, positions: Tensor) -> Tensor:
        steps = self.heads.steps
        least = torch.tensor([0.5 / (count - 1) for count in self.heads.num_steps])
        steps_right = (found - positions).abs()[:, steps] < least
        is_off = self.heads.is_off(found) == self.heads.is_off(positions)
        return torch.cat([is_off, steps_right], 1)

    @torch.no_grad()
    def propose(self, audio: Tensor, pitch: Tensor, count: int = 1, seed: int = 0) -> Tensor:
        outputs = self.outputs(audio, pitch)
        found = [self.heads.likeliest(outputs)]
        generator = torch.Generator().manual_seed(seed)
        for _ in range(count - 1):
            uniform = torch.rand([len(outputs), len(self.knobs), 2], generator=generator)
            found.append(self.heads.positions(outputs, uniform))
        return torch.stack(found, 1)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum() / mask.sum().clamp_min(1)
