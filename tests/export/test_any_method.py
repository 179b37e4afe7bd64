"""A stream may have methods of any name, number of channels and rate, and no encoder."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vschaos.export import Host, script_stream
from vschaos.export.script import check, describe, export
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.stream import Stream
from vschaos.runs import Run

HOP, RATE = 64, 8000
FREQUENCY = Control("frequency", 20.0, 4000.0, "Hz", default=440.0, movement="uniform")
AMPLITUDE = Control("amplitude", 0.0, 1.0, "number", movement="uniform")
GATE = Control("gate", 0.0, 1.0, "number", movement="gate")
LEVEL = Control("level", 0.0, 1.0, "number", movement="held")
DETUNE = Attribute("detune", "float", "of the pitch", 1.0, 0.5, 2.0, on_change="count")


class Oscillator(Stream):
    """A sine from three inlets at audio rate, and the level of a sound, per hop."""

    def __init__(self, *methods: Method) -> None:
        play = Method("play", [FREQUENCY, AMPLITUDE, GATE], 1, [AUDIO], 1)
        measure = Method("measure", [AUDIO], 1, [LEVEL, GATE], HOP)
        super().__init__([*methods] or [play, measure], [DETUNE], HOP, 0)
        self.detune = 1.0
        self.changes = 0
        self.phase = torch.zeros(0, 1)

    def count(self) -> None:
        self.changes += 1

    def reset(self) -> None:
        self.phase = self.phase[:0]

    def play(self, controls: Tensor) -> Tensor:
        phase = self.phase
        if phase.shape[0] != controls.shape[0]:
            phase = torch.zeros(controls.shape[0], 1)
        steps = 2.0 * math.pi * self.detune * controls[:, 0].double() / 8000.0
        phases = phase + torch.cumsum(steps, dim=1)
        self.phase = torch.remainder(phases[:, -1:], 2.0 * math.pi)
        return (torch.sin(phases).float() * controls[:, 1] * controls[:, 2]).unsqueeze(1)

    def measure(self, sound: Tensor) -> Tensor:
        level = sound[:, 0].unfold(1, 64, 64).square().mean(dim=2).sqrt()
        return torch.stack([level, torch.ones_like(level)], dim=1)


@pytest.fixture(scope="module")
def scripted() -> torch.jit.ScriptModule:
    return script_stream(Oscillator().eval(), RATE)


def test_a_method_of_any_name_plays(scripted: torch.jit.ScriptModule) -> None:
    controls = np.ones((3, 4000), np.float32)
    controls[0] = 500.0
    host = Host(scripted)
    assert (host.method, host.inlets, host.outlets) == ("play", 3, 1)
    sound = host.process(controls)[0]
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * RATE / len(sound) == pytest.approx(500.0, abs=2.0)
    assert Host(scripted, "measure").process(sound[None, :])[0].mean() == pytest.approx(0.707, 0.01)


def test_a_control_stays_in_its_range(scripted: torch.jit.ScriptModule) -> None:
    def played(frequency: float) -> Tensor:
        scripted.engine.stream.reset()
        controls = torch.ones(1, 3, 4 * HOP)
        controls[:, 0] = frequency
        return cast(Tensor, scripted.play(controls))

    assert torch.equal(played(math.nan), played(440.0))
    assert torch.equal(played(1e6), played(4000.0))
    assert not torch.allclose(played(3000.0), played(100.0))


def test_it_passes_the_checks_of_a_host(scripted: torch.jit.ScriptModule, tmp_path: Any) -> None:
    path = tmp_path / "oscillator.ts"
    torch.jit.save(scripted, str(path))
    check(path)
    assert describe("oscillator", Oscillator(), RATE).methods[0].inlets[0] == FREQUENCY


def test_its_attribute_is_made_from_the_declaration(scripted: torch.jit.ScriptModule) -> None:
    before = scripted.engine.stream.changes
    assert scripted.set_detune(2.0) == 0
    assert scripted.set_detune(2.1) != 0
    assert scripted.get_detune() == [2.0]
    assert scripted.engine.stream.changes == before + 1
    assert scripted.set_detune(1.0) == 0


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Method("listen", [AUDIO], 1, [AUDIO], 1), "must have a method 'listen', got none"),
        (Method("train", [AUDIO], 1, [AUDIO], 1), "must not hide nn~'s own, got 'train'"),
        (Method("latency", [AUDIO], 1, [AUDIO], 1), "must differ in name"),
        (Method("play", [], 1, [AUDIO], 1), "must have an inlet and an outlet"),
        (Method("play", [AUDIO], 48, [AUDIO], 1), "must divide the hop of 64 samples, got 48"),
    ],
)
def test_methods_that_no_host_can_call_are_refused(method: Method, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        script_stream(Oscillator(method), RATE)


class PlainModel(nn.Module):
    """A model without latents, whose latency is 100 samples."""

    def stream(self, max_delay: int | None = None) -> Stream:
        stream = Oscillator()
        stream.delay = 100
        return stream


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_latents": 2}, "--latents needs a model whose latents are ordered, got Plain"),
        ({"max_delay_ms": 10}, "must be at least the 100 samples of the model, got 80"),
    ],
)
def test_what_a_model_lacks_is_refused(
    options: dict[str, Any], message: str, tmp_path: Any
) -> None:
    run = SimpleNamespace(name="plain", sample_rate=RATE, model=PlainModel(), prior=None)
    with pytest.raises(ValueError, match=message):
        export(cast(Run, run), tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_model_without_latents_is_exported(tmp_path: Any) -> None:
    run = SimpleNamespace(name="plain", sample_rate=RATE, model=PlainModel(), prior=None)
    path = export(cast(Run, run), tmp_path, has_patches=False)
    assert Host(path).methods == ["play", "measure"]
