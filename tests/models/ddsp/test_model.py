"""The ddsp family: it learns a tone in some steps, and plays it back in tune and in time."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import median

import pytest
import torch

from tests.batches import unlabelled
from vschaos.batch import Batch
from vschaos.data.features import Harmonics
from vschaos.labels import Labels, Vocabulary
from vschaos.models.ddsp import DDSP

RATE, HOP, FRAMES = 44100, 256, 32
LEVELS = (0.3, 0.1, 0.05)


def model() -> DDSP:
    torch.manual_seed(0)
    return DDSP({}, num_partials=20, excerpt_frames=FRAMES)


def melody(seconds: float = 1.0) -> torch.Tensor:
    """Two notes of the same timbre, `[T]`."""
    time = torch.arange(int(seconds * RATE)) / RATE
    hertz = torch.where(time < seconds / 2, 220.0, 330.0).double()
    cycles = torch.cumsum(hertz, 0) / RATE
    partials = [a * torch.sin(2 * math.pi * k * cycles) for k, a in enumerate(LEVELS, 1)]
    return torch.stack(partials).sum(0).float()


@lru_cache(maxsize=1)
def batch() -> Batch:
    sound = melody()
    values = torch.from_numpy(Harmonics(RATE, HOP, num_partials=20)(sound.numpy()))
    starts = range(0, values.shape[1] - FRAMES, 20)
    audio = torch.stack([sound[n * HOP : (n + FRAMES) * HOP] for n in starts])
    frames = torch.stack([values[:, n : n + FRAMES] for n in starts])
    return unlabelled(audio)._replace(features={"harmonics": frames})


def test_register_level_and_mean_spectrum_are_those_of_the_sounds() -> None:
    ddsp = model()
    ddsp.fit(batch())
    low, high = ddsp.register.tolist()
    assert high - low == pytest.approx(12.0)  # at least an octave, around 57 and 64
    assert low < 57.0 < 64.0 < high
    controls = {control.name: control for control in ddsp.frame_controls()}
    assert (controls["pitch"].low, controls["pitch"].high) == pytest.approx((low, high))
    assert controls["pitch"].bounds[:2] == (0.0, 127.0)
    assert controls["loudness"].bounds == (-80.0, 0.0, -80.0)
    assert [*controls][3:] == ["z1", "z2", "z3", "z4"]
    levels = ddsp.network.partial_db[:3, 0]
    # 20 log10(.3 / .1), and less from note to note
    assert float(levels[0] - levels[1]) == pytest.approx(9.5, abs=3.0)


def test_the_timbre_is_in_standard_deviations() -> None:
    ddsp = model()
    ddsp.fit(batch())
    levels = batch().features["harmonics"][:, 3:33]
    ddsp.eval()
    timbre = ddsp.timbre(levels).detach().transpose(1, 2).flatten(0, 1)
    assert timbre.mean(0).abs().max() < 0.1  # the softest frames are drawn to 0
    assert (timbre.std(0) - 1.0).abs().max() < 0.1


def test_outliers_do_not_count() -> None:
    ddsp, usual = model(), torch.zeros(len(batch().audio), dtype=torch.bool)
    before = ddsp.level.clone()
    ddsp.fit(batch(), usual)
    assert torch.equal(ddsp.level, before)


def test_the_gradient_reaches_every_parameter() -> None:
    ddsp = model()
    sum(ddsp.losses(batch()).values(), torch.zeros(())).backward()
    for name, weight in ddsp.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().max() > 0, name


def test_it_learns_a_tone_and_plays_it_back() -> None:
    ddsp = model()
    ddsp.fit(batch())
    optimizer = torch.optim.Adam(ddsp.parameters(), lr=3e-3)
    rows: list[dict[str, float]] = []
    for _ in range(30):
        losses = ddsp.losses(batch())
        rows.append({name: loss.item() for name, loss in losses.items()})
        optimizer.zero_grad()
        sum(losses.values(), torch.zeros(())).backward()
        optimizer.step()
    before = rows[0]
    # at this rate single steps go up again, others by other kernels
    after = {name: median(row[name] for row in rows[-10:]) for name in before}
    assert all(after[name] < 0.8 * before[name] for name in before), (before, after)
    ddsp.eval()
    with torch.inference_mode():
        found = ddsp.metrics(unlabelled(melody()[None]))
    assert {metric.key for metric in ddsp.tracked_metrics} <= found.keys()
    assert found["pitch_error"] < 2.0  # cents
    assert found["loudness_error"] < 0.5  # dB


@torch.inference_mode()
def test_frames_and_sounds_are_in_time() -> None:
    ddsp = model().eval()
    sound = melody(2.0)
    sound[: RATE // 2] = 0.0
    frames = ddsp.encode(sound[None])
    assert frames.shape == (1, 7, math.ceil(len(sound) / HOP))
    onset = (RATE // 2) / HOP  # frame n is at sample (n + 1) * HOP
    first = int((frames[0, 2] > -25).nonzero()[0])
    assert abs(first + 1 - onset) <= 2  # its loudness is that of a window around it
    played = ddsp.reconstruct(sound[None])
    assert played.shape == (1, len(sound))
    levels = [sounds.unfold(0, HOP, HOP).square().mean(1) for sounds in (sound, played[0])]
    rises = [int((level > 0.1 * level.max()).nonzero()[0]) for level in levels]
    assert abs(rises[0] - rises[1]) <= 2
    again = ddsp.encode(played)
    inside = slice(100, 160)
    assert (again[0, 0, inside] - frames[0, 0, inside]).abs().max() < 0.02  # notes


@torch.inference_mode()
def test_the_room_and_a_long_sound_are_rendered() -> None:
    from vschaos.dsp.reverb import Room

    ddsp = DDSP({}, num_partials=8, room=Room(RATE, 0.2)).eval()
    frames = ddsp.encode(melody(0.3)[None])
    frames = torch.cat([frames, frames[:, :, -1:].repeat(1, 1, 400)], 2)
    assert ddsp.decode(frames).shape == (1, frames.shape[2] * HOP)
    frames[:, 2, -200:] = -80.0
    assert ddsp.decode(frames)[0, -100 * HOP :].abs().max() < 1e-4


@lru_cache(maxsize=1)
def in_a_room() -> tuple[DDSP, torch.Tensor, torch.Tensor]:
    """An instrument that took its room from notes, the notes `[T]`, and these in the room."""
    from vschaos.dsp.reverb import Room

    seconds = torch.arange(6 * RATE) / RATE
    number = (seconds / 0.5).long()
    cycles = torch.cumsum(220.0 * 2.0 ** (number * 5 % 12 / 12.0).double(), 0) / RATE
    is_on = (seconds % 0.5 < 0.2).float()
    level = torch.nn.functional.avg_pool1d(is_on[None], 441, 1, 220)[0]  # a ramp of 10 ms
    partials = [torch.sin(2 * math.pi * k * cycles).float() / k for k in range(1, 16)]
    dry = 0.1 * level * torch.stack(partials).sum(0)
    room = Room(RATE, 0.8, seed=5)
    room.take(torch.linspace(0.7, 0.4, 7), torch.full([7], -6.0))
    with torch.no_grad():
        wet = room(dry[None])[0]
    values = torch.from_numpy(Harmonics(RATE, HOP, num_partials=20)(wet.numpy()))
    starts = range(0, values.shape[1] - 64, 8)
    frames = torch.stack([values[:, n : n + 64] for n in starts])
    torch.manual_seed(0)
    ddsp = DDSP({}, num_partials=20, room=Room(RATE, 0.8)).eval()
    audio = torch.stack([wet[n * HOP : (n + 64) * HOP] for n in starts])
    ddsp.fit(unlabelled(audio)._replace(features={"harmonics": frames}))
    return ddsp, dry, wet


def test_the_room_is_heard_where_notes_end() -> None:
    room = in_a_room()[0].room
    assert room is not None
    # bands in which the notes are: 250 Hz to 4 kHz. Tails of single partials scatter: a third of it
    truth = torch.linspace(0.7, 0.4, 7)[1:6]
    assert (room.decay.exp()[1:6, 0] / truth - 1.0).abs().max() < 0.35
    assert (20.0 * room.level[1:6, 0] + 6.0).abs().max() < 5.0


@torch.inference_mode()
def test_in_its_room_it_is_as_loud_as_it_should_be() -> None:
    """Heard in the room, notes and their tails; the room would add 6 dB where notes end."""
    ddsp, _, wet = in_a_room()
    meant = ddsp.encode(wet[None])
    made = ddsp.encode(ddsp.decode(meant)[:, : len(wet)])
    loud = meant[0, 2] > meant[0, 2].max() - 30.0
    difference = (made[0, 2] - meant[0, 2])[loud]
    assert difference.mean().abs() < 1.0
    assert difference.abs().mean() < 2.5


def test_without_a_note_that_ends_it_plays_dry(caplog: pytest.LogCaptureFixture) -> None:
    from vschaos.dsp.reverb import Room

    ddsp = DDSP({}, num_partials=20, excerpt_frames=FRAMES, room=Room(RATE, 0.2))
    ddsp.fit(batch())
    assert "no room is heard" in caplog.text
    assert ddsp.room is not None
    assert ddsp.room.impulse_response().square().sum() < 1e-4


def test_blocks_go_on_without_a_seam() -> None:
    from vschaos.dsp.reverb import Room

    ddsp = DDSP({}, num_partials=8, room=Room(RATE, 0.2)).eval()
    frames = ddsp.encode(melody(0.3)[None]).repeat(1, 1, 16)  # some 5 s
    with torch.inference_mode():
        whole, blocks = ddsp.decode(frames), [*ddsp.decode_blocks(frames)]
    assert len(blocks) > 1
    # sums in another order: partitions of the room, and of the network's products
    torch.testing.assert_close(torch.cat(blocks, 1), whole, atol=1e-4, rtol=0.0)


def test_the_synthesiser_alone_plays_the_analysis_in_time() -> None:
    ddsp, sound = model().eval(), melody()[None]
    values = torch.from_numpy(Harmonics(RATE, HOP, num_partials=20)(sound[0].numpy()))[None]
    with torch.inference_mode():
        analysis = ddsp.analyse(unlabelled(sound)._replace(features={"harmonics": values}))
        played = ddsp.synthesise(analysis, sound.shape[1])
    assert played.shape == sound.shape
    heard, meant = ddsp.encode(played)[0, :, 20:-20], ddsp.encode(sound)[0, :, 20:-20]
    assert (heard[0] - meant[0]).abs().median() < 0.05
    assert (heard[2] - meant[2]).abs().median() < 0.5
    changes = [int((pitch[0] > 60.5).float().argmax()) for pitch in (heard, meant)]
    assert abs(changes[0] - changes[1]) <= 1  # frames
    assert ddsp.impulse_response() is None
    trained = ddsp.trained_range()
    assert trained.pitch == pytest.approx(float(ddsp.register.mean()))


def test_a_batch_without_its_analysis_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data\.features\.harmonics must be there.* got none"):
        model().losses(unlabelled(melody()[None]))
    with pytest.raises(ValueError, match=r"model\.window must be one of 2048, 1024, 512"):
        DDSP({}, window=3000)


def test_labels_condition_it() -> None:
    vocabularies = {"bow": Vocabulary(("plucked", "bowed")), "age": Vocabulary(low=0, high=9)}
    conditioning = {
        "bow": {"target": ["decoder"], "embedding": "OneHot"},
        "age": {"target": ["decoder"], "embedding": "none"},
    }
    torch.manual_seed(0)
    ddsp = DDSP(vocabularies, num_partials=20, conditioning=conditioning).eval()
    assert ddsp.conditioning_tasks == ["bow", "age"]
    frames = ddsp.encode(melody(0.3)[None])
    known = torch.ones(1, 2, frames.shape[2], dtype=torch.bool)

    def played(bow: float, age: float, is_known: torch.Tensor) -> torch.Tensor:
        values = torch.tensor([bow, age])[None, :, None].expand(1, 2, frames.shape[2])
        return ddsp.decode(frames, Labels(values, is_known))

    with torch.inference_mode():
        bowed, plucked, old = played(1, 0, known), played(0, 0, known), played(1, 9, known)
        unknown = played(1, 9, ~known)
        assert min(float((bowed - other).abs().max()) for other in (plucked, old, unknown)) > 1e-4
        assert torch.equal(unknown, ddsp.decode(frames))
    assert ddsp.predict(melody(0.3)[None]).shape == (1, 0, frames.shape[2])
