"""A voice that finds itself in a sound."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.instrument.stream import Stream
from vschaos.labels import Vocabulary
from vschaos.models.base import Metric
from vschaos.models.capabilities import Diagram, Heard
from vschaos.models.matching.matcher import SoundMatcher
from vschaos.models.synth.audibility import audible, equivalent
from vschaos.models.synth.bank import bank_of
from vschaos.models.synth.chains import SOUNDS, chain_named
from vschaos.models.synth.listening import Laws, SynthStream
from vschaos.models.synth.notes import TUNING, NotePlayer
from vschaos.models.synth.parameters import BY_NAME
from vschaos.models.synth.renderer import HELD, SWITCHED
from vschaos.models.synth.signals import SOUND, ChainLoss, module_signals
from vschaos.models.synth.synthesiser import VoiceSynthesiser
from vschaos.models.synth.voice import SAMPLE_RATE, Voice

HOP_LENGTH = 256  # samples, of what is heard
OWN_LSD = Metric("own_lsd", "LSD of own sounds", "dB", 2)


class Synth(SoundMatcher):
    """Finds the parameters of a voice in a note (cf. Uzrad et al. 2024, DiffMoog).

    It learns from rendered sounds of drawn parameters, and from any others by ear.

    Args:
        vocabularies ... members: see `SoundMatcher`.
        chain: of the voice, by its name.
        sound_after: steps after which what is found is also played, and `spectrum` and `chain`
            compare it with the sounds; never if not given.
        sound_examples: of a batch that are played: they take most of the time of a step.
        sounds_after: steps after which the notes beside a batch, whose settings nobody knows, are
            learnt from by ear (`own_spectrum`); never if not given.

    Raises:
        ValueError: there is no such chain.
    """

    tracked_metrics = (*SoundMatcher.tracked_metrics, OWN_LSD)
    step: Tensor

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        chain: str = "two_osc",
        sample_rate: int = SAMPLE_RATE,
        seconds: float = 0.5,
        channels: int = 64,
        hidden_dim: int = 192,
        dropout: float = 0.1,
        members: int = 1,
        sound_after: int | None = None,
        sound_examples: int = 2,
        sounds_after: int | None = None,
    ) -> None:
        self.chain = chain_named(chain)
        voice = VoiceSynthesiser(chain)
        names = [knob.name for knob in voice.parameters]
        zero = torch.zeros(())
        super().__init__(
            vocabularies,
            voice.parameters,
            {name: float(BY_NAME[name].position_of(zero)) for name in SWITCHED if name in names},
            {"key_tracking": 0.0} if "key_tracking" in names else {},
            sample_rate,
            HOP_LENGTH,
            seconds,
            channels,
            hidden_dim,
            dropout,
            "semitones_2" if "semitones_2" in names else None,
            members,
        )

        self.sound_after, self.sound_examples = sound_after, sound_examples
        self.sounds_after = sounds_after
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        self.chain_loss = ChainLoss()
        self.laws = Laws([BY_NAME[name] for name in names])
        self.player = NotePlayer(self.chain, sample_rate)
        self.tuned = [number for number, name in enumerate(names) if name in TUNING]

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        losses = {**super().losses(batch), "own_spectrum": self._own_spectrum(batch.unlabelled)}
        if self.training:
            self.step += 1
        return losses

    def sound_losses(self, outputs: list[Tensor], heard: Heard, batch: Batch) -> dict[str, Tensor]:
        """`spectrum` of the sound, and `chain` of the signals between the modules; 0 until their
        time has come."""
        zero = torch.zeros(())
        if not self._is_due(self.sound_after):
            return {"spectrum": zero, "chain": zero}
        some = slice(self.sound_examples)
        found = self.heads.expected(self.heads.mean(outputs)[some], heard.positions[some])
        # what nobody hears stays as it is, so that nothing is learnt of it
        found = torch.where(heard.audible[some], found, heard.positions[some])
        length = batch.audio.shape[1]
        held = math.ceil(HELD * length)
        pitch = heard.pitch[some].unsqueeze(1).expand(-1, length)
        gate = (torch.arange(length) < held) * heard.velocity[some].unsqueeze(1)
        voice = Voice(self.chain, self.sample_rate)
        settings = (
            {**self._values(rows), **self._others(batch)} for rows in (found, heard.positions[some])
        )
        made, meant = (module_signals(voice, values, pitch, gate, held) for values in settings)
        return {
            "spectrum": self.chain_loss.distance(made[SOUND], meant[SOUND]),
            "chain": self.chain_loss(made, meant),
        }

    def _own_spectrum(self, notes: Batch | None) -> Tensor:
        """The distance of notes from what is found in them; 0 until its time has come.

        Steps, and whether an amount is off, are the likeliest ones. What tunes the oscillators
        is not learnt: no spectral loss finds a pitch.
        """
        if notes is None or not self._is_due(self.sounds_after):
            return torch.zeros(())
        outputs = self.outputs(notes.audio, notes.targets["pitch"])
        found = self.heads.expected(outputs, self.heads.likeliest(outputs).detach())
        found[:, self.tuned] = found[:, self.tuned].detach()
        made = self.player(self._values(found), notes)
        return self.chain_loss.distance(made, self.player.sounding(notes))

    def _is_due(self, after: int | None) -> bool:
        return self.training and after is not None and int(self.step) >= after

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        """Of rendered sounds the errors of their settings; of others, whose settings nobody knows,
        `own_lsd`, the distance of what is found in them."""
        if self.knobs[0].name in batch.targets:
            return super().metrics(batch)
        found = self.propose(batch.audio, batch.targets["pitch"])[:, 0]
        made = self.player(self._values(found), batch)
        return {"own_lsd": self.player.log_spectral_distances(made, batch).mean()}

    def heard(self, batch: Batch) -> Heard:
        """
        Raises:
            ValueError: the sounds were not rendered by a voice of this chain.
        """
        missing = {knob.name for knob in self.knobs} | {"pitch", "velocity"}
        missing -= batch.targets.keys()
        if missing:
            raise ValueError(
                f"data.renderer must render the chain of the model, {self.chain.name}; got none of "
                f"{', '.join(sorted(missing))}"
            )
        pitch = batch.targets["pitch"]
        values = {p.name: batch.targets[p.name] for p in self.chain.parameters}
        values = equivalent(values, pitch)
        seconds = batch.audio.shape[1] / self.sample_rate
        tells = audible(self.chain, values, seconds, HELD * seconds)
        names = [knob.name for knob in self.knobs]
        positions = [BY_NAME[name].position_of(values[name]) for name in names]
        return Heard(
            torch.stack(positions, 1).clamp(0.0, 1.0),
            torch.stack([tells[name] for name in names], 1),
            pitch,
            batch.targets["velocity"],
            torch.full_like(pitch, HELD * seconds),
        )

    def _values(self, positions: Tensor) -> dict[str, Tensor]:
        """`[B, P]` -> parameters in their units by name, `[B]`."""
        columns = self.laws(positions).unbind(1)
        return {knob.name: column for knob, column in zip(self.knobs, columns, strict=True)}

    def _others(self, batch: Batch) -> dict[str, Tensor]:
        """Parameters of the chain that are not found, as the sounds were made with them."""
        found = {knob.name for knob in self.knobs}
        names = [p.name for p in self.chain.parameters if p.name not in found]
        return {name: batch.targets[name][: self.sound_examples] for name in names}

    def diagram(self) -> Diagram:
        modules = self.chain.modules
        return Diagram(tuple(n for n in SOUNDS if n in modules), self.chain.connections)

    def synthesiser(self) -> VoiceSynthesiser:
        return VoiceSynthesiser(self.chain.name)

    def stream(self, max_delay: int | None = None) -> Stream:
        if max_delay is not None and max_delay < 0:
            raise ValueError(f"--max-delay must be at least 0 samples, got {max_delay}")
        return SynthStream(self, self.chain, bank_of(self.chain))
