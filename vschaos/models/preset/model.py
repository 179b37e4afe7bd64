"""A network that sets a plug-in which others made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from vschaos.batch import Batch
from vschaos.instrument.stream import Stream
from vschaos.instrument.synthesiser import Synthesiser
from vschaos.labels import Vocabulary
from vschaos.models.capabilities import Heard
from vschaos.models.matching.listening import Listening, ListeningStream
from vschaos.models.matching.matcher import SoundMatcher

if TYPE_CHECKING:
    from vschaos.plugin.description import Description

RUN_FILES = "config.yaml", "vocabularies.json"  # by which its folder is known
PLAYED = NOTE, VELOCITY, HELD = "note", "velocity", "held_seconds"  # targets beside the parameters


class Preset(SoundMatcher):
    """Finds the settings of a plug-in in a note (cf. Yee-King et al. 2018, Masuda and Saito 2021).

    It learns from sounds that the plug-in rendered, and of those parameters that were drawn. What
    the description says cannot be heard of a setting is not learnt from it.

    Args:
        vocabularies: of all parameters of the plug-in, as `vschaos.data.presets` reads them: those
            with classes or a range are found; the others stay at their only position.
        plugin: name of its description, or a .yaml.
        sample_rate: Hz, as the plug-in is hosted at.
        hop_length ... members: see `SoundMatcher`.

    Raises:
        FileNotFoundError: there is no such description.
        ValueError: the sounds are of another plug-in, or of another version of it.
    """

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        plugin: str,
        sample_rate: int = 44100,
        hop_length: int = 256,
        seconds: float = 1.0,
        channels: int = 32,
        hidden_dim: int = 128,
        dropout: float = 0.1,
        members: int = 1,
    ) -> None:
        # imported here: a stream that is exported needs no plug-in
        from vschaos.plugin.description import read_description
        from vschaos.plugin.synthesiser import knob_of

        self.plugin = plugin
        self.description = read_description(plugin)
        if self.description.sample_rate != sample_rate:
            raise ValueError(
                f"model.sample_rate must be that of the plug-in's description, "
                f"{self.description.sample_rate}, got {sample_rate}"
            )
        _check_parameters(vocabularies, self.description)
        found = [name for name, of in vocabularies.items() if of.is_class or of.low < of.high]
        if not found:
            raise ValueError(
                "the sounds in data.dataset.root must differ in a parameter, got one setting of all"
            )
        names = self.description.names
        self.found = [names.index(name) for name in found]
        # of what was not drawn, where it stood in all sounds
        self.base = np.array([vocabularies[name].low for name in names])
        self.base[self.found] = self.description.base()[self.found]
        parameters = [self.description.parameters[number] for number in self.found]
        super().__init__(
            {},
            [knob_of(parameter) for parameter in parameters],
            {p.name: p.position_of(p.off_at) for p in parameters if p.off_at is not None},
            # what is heard in no setting stays as in the base preset
            {p.name: p.position_of(p.default) for p in parameters if p.heard_if == ()},
            sample_rate,
            hop_length,
            seconds,
            channels,
            hidden_dim,
            dropout,
            members=members,
        )

    def heard(self, batch: Batch) -> Heard:
        """
        Raises:
            ValueError: the sounds have no such settings.
        """
        missing = {knob.name for knob in self.knobs} | {*PLAYED}
        missing -= batch.targets.keys()
        if missing:
            raise ValueError(
                "the sounds of a network that sets a plug-in must have its settings as targets "
                f"(data=presets), got none of {', '.join(sorted(missing))}"
            )
        whole = np.tile(self.base, (len(batch.audio), 1))
        for number, knob in zip(self.found, self.knobs, strict=True):
            values = batch.targets[knob.name].numpy().astype(np.float64)
            whole[:, number] = values / (knob.num_steps - 1) if knob.num_steps else values
        audible = self.description.heard(whole)[:, self.found]
        positions = torch.from_numpy(whole[:, self.found].astype(np.float32))
        note, velocity, held = (batch.targets[name].float() for name in PLAYED)
        return Heard(positions, torch.from_numpy(audible), note, velocity / 127.0, held)

    def synthesiser(self) -> Synthesiser:
        """The plug-in, in host processes.

        Raises:
            FileNotFoundError: it is not installed.
            ValueError: its description came with a run.
        """
        _check_trusted(self.plugin)
        from vschaos.plugin.banks import read_parents
        from vschaos.plugin.synthesiser import PluginSynthesiser

        names = [knob.name for knob in self.knobs]
        parents = read_parents(self.description)
        return PluginSynthesiser(self.description, names, self.base, parents)

    def stream(self, max_delay: int | None = None) -> Stream:
        """`encode` alone: the plug-in plays what is found, in a host of its own."""
        if max_delay is not None and max_delay < 0:
            raise ValueError(f"--max-delay must be at least 0 samples, got {max_delay}")
        listening = Listening(
            self.front, self.heads, self.network, self.sample_rate, self.hop_length
        )
        return ListeningStream(listening, self.knobs)


def _check_trusted(plugin: str) -> None:
    """A run may come from a stranger, and a plug-in is code: which file is hosted, a description
    that lies in a run does not say."""
    for folder in Path(plugin).absolute().parents if plugin.endswith((".yaml", ".yml")) else ():
        if all((folder / name).is_file() for name in RUN_FILES):
            raise ValueError(
                f"a description that says which plug-in is hosted must not lie in a run, got "
                f"{plugin}: move it, and name it by model.plugin"
            )


def _check_parameters(vocabularies: Mapping[str, Vocabulary], description: Description) -> None:
    if not vocabularies:
        raise ValueError(
            f"a network that sets {description.name} needs sounds with its settings (data=presets)"
        )
    if list(vocabularies) != description.names:
        others = [name for name in vocabularies if name not in description.names]
        told = others or [name for name in description.names if name not in vocabularies]
        raise ValueError(
            "the sounds in data.dataset.root must be rendered by the plug-in of model.plugin, "
            f"{description.name}, as it is described now; "
            + (
                f"they have a parameter {told[0]}"
                if others
                else f"they lack {(told or ['its order'])[0]}"
            )
        )
    for parameter in description.parameters:
        classes = vocabularies[parameter.name].classes
        steps = tuple(parameter.classes) if parameter.is_stepped else ()
        is_drawn = (
            bool(classes) or vocabularies[parameter.name].low < vocabularies[parameter.name].high
        )
        if is_drawn and classes != steps:
            raise ValueError(
                f"{parameter.name} of the sounds in data.dataset.root must have the steps of the "
                f"description of {description.name} ({', '.join(steps) or 'none'}), got "
                f"{', '.join(classes) or 'none'}: they are of another version, render them again"
            )
