"""Notes of a stream are heard as they begin, and their settings as they sound."""

import numpy as np
import pytest
import torch

from tests.models.preset.test_model import DRAWN, SMALL
from tests.plugin.faking import YAML
from vschaos.models.matching.listening import ListeningStream
from vschaos.models.preset import Preset

RATE, HOP = 8000, 32


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Preset:
    path = tmp_path_factory.mktemp("fake") / "fake.yaml"
    path.write_text(YAML.format(path="fake.so"))
    torch.manual_seed(1)
    settings = {**SMALL, "seconds": 0.4, "hop_length": HOP}
    return Preset(DRAWN, str(path), **settings).eval().requires_grad_(False)  # type: ignore[arg-type]


def stream_of(model: Preset) -> ListeningStream:
    stream = model.stream()
    assert isinstance(stream, ListeningStream)
    return stream


def two_notes() -> torch.Tensor:
    """Silence, a low note, silence, a high one: `[1, 1, T]`, and each begins at a hop."""
    seconds = torch.arange(round(0.6 * RATE)) / RATE
    notes = [0.5 * torch.sin(2 * np.pi * hz * seconds).sign() for hz in (220.0, 440.0)]
    silence = torch.zeros(round(0.2 * RATE))
    return torch.cat([silence, notes[0], silence, notes[1]])[None, None]


def test_settings_are_those_of_the_note_as_a_whole(model: Preset) -> None:
    """Once it has sounded for as long as the network sees, from its beginning on."""
    sound = two_notes()
    found = stream_of(model).encode(sound)
    assert found.shape == (1, 4, sound.shape[2] // HOP)
    for first, note in ((0.2, 57.0), (1.0, 69.0)):
        begin = round(first * RATE)
        alone = sound[:, 0, begin : begin + model.excerpt_length]
        frame = (begin + model.excerpt_length) // HOP
        level, shape, pitch, confidence = found[0, :, frame].tolist()
        # 10 cents: a square that turns at whole samples of 8 kHz is no more exact
        assert pitch == pytest.approx(note, abs=0.1)
        assert confidence > 0.9
        proposed = model.propose(alone, torch.tensor([pitch]))[0, 0]
        assert level == pytest.approx(proposed[0].item(), abs=1e-4)
        assert shape == round(2 * proposed[1].item())


def test_it_waits_for_a_note(model: Preset) -> None:
    found = stream_of(model).encode(two_notes())
    before = found[0, :, : round(0.2 * RATE) // HOP]
    assert (before == before[:, :1]).all()
    assert before[2:, 0].tolist() == [60.0, 0.0]
    after = found[0, :2, round(0.8 * RATE) // HOP : round(1.0 * RATE) // HOP]
    assert (after == after[:, :1]).all()  # and keeps what it found


def test_what_is_held_does_not_change(model: Preset) -> None:
    stream = stream_of(model)
    sound = two_notes()
    half = sound.shape[2] // 2 // HOP * HOP
    first = stream.encode(sound[..., :half])
    stream.hold = True
    second = stream.encode(sound[..., half:])
    assert (second[:, :2] == first[:, :2, -1:]).all()


def test_blocks_and_other_voices_change_nothing(model: Preset) -> None:
    sound = two_notes()
    whole = stream_of(model).encode(sound)
    stream = stream_of(model)
    cuts = [HOP, 2 * HOP, 5 * HOP, 13 * HOP]
    parts, start = [], 0
    while start < sound.shape[2]:
        length = cuts[len(parts) % len(cuts)]
        block = sound[..., start : start + length]
        parts.append(stream.encode(block.repeat(1 + len(parts) % 2, 1, 1))[:1])
        start += length
    # another order of sums, of positions and of steps
    torch.testing.assert_close(torch.cat(parts, 2), whole, rtol=0, atol=1e-4)


def test_silence_and_nonsense_leave_it_finite(model: Preset) -> None:
    stream = stream_of(model)
    for sound in (torch.zeros(1, 1, 4096), torch.full((2, 1, 4096), float("nan"))):
        assert torch.isfinite(stream.encode(sound)).all()
    stream.reset()
    again = stream.encode(two_notes())
    torch.testing.assert_close(again, stream_of(model).encode(two_notes()))
