"""The spectral VAE learns, and keeps the contract of all models."""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.batches import unlabelled
from vschaos.batch import Batch
from vschaos.dsp import STFT, LogMagnitude
from vschaos.labels import Labels, Vocabulary
from vschaos.layers import Perceptron
from vschaos.models.base import Model
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE
from vschaos.models.spectral_vae.frames import Decoded
from vschaos.runs.trajectories import frame_trajectory

RATE = 16000


PITCH, LOUDNESS = Vocabulary(("low", "high")), Vocabulary(low=-20.0, high=0.0, mean=-8.0)
HEAD = {"args": {"nlayers": 1, "hidden_dims": 16}}
TO_DECODER = {"pitch": {"target": ["decoder"]}}


def tiny(seed: int = 0, hidden: int = 32, **labels: Any) -> SpectralVAE:
    torch.manual_seed(seed)
    return SpectralVAE(
        {"unwanted": PITCH, "pitch": PITCH, "loudness": LOUDNESS},
        sample_rate=RATE,
        transform=STFT(512, 128),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=partial(Perceptron, hidden_dims=[hidden]),
        decoder=partial(Perceptron, hidden_dims=[hidden]),
        latent=GaussianLatent(dim=4, free_bits=0.02),
        **labels,
    )


def tones(num: int, length: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    hz = 200 * 2 ** (3 * torch.rand(num, 1, generator=generator))
    phase = 2 * math.pi * torch.rand(num, 1, generator=generator)
    return 0.3 * torch.sin(2 * math.pi * hz * torch.arange(length) / RATE + phase)


def test_every_loss_moves_what_it_should(nothing_known: Callable[..., Labels]) -> None:
    model = tiny()
    audio = tones(8, model.excerpt_length)
    model.fit(unlabelled(audio))
    losses = model.losses(Batch(audio, nothing_known(8)))
    assert set(losses) == {"log_magnitude", "convergence", "kl"}
    sum(losses.values(), torch.zeros(())).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_sounds_come_back_as_long_as_they_went_in() -> None:
    model = tiny()
    model.fit(unlabelled(tones(8, 4096)))
    for length in (1, 127, 128, 3000):
        for inversion in (None, *model.inversions):
            assert model.reconstruct(tones(2, length), inversion=inversion).shape == (2, length)


def test_latents_decode_to_the_sound_that_has_as_many_frames() -> None:
    model = tiny()
    model.fit(unlabelled(tones(8, 4096)))
    for num_frames in (4, 5, 40):
        audio = model.decode(torch.zeros(3, 4, num_frames))
        assert model.encode(audio).shape == (3, 4, num_frames)


def test_what_cannot_be_decoded_is_refused() -> None:
    model = tiny()
    with pytest.raises(ValueError, match="at least 4 latent frames"):
        model.decode(torch.zeros(1, 4, 3))
    with pytest.raises(ValueError, match="keep_input"):
        model.decode(torch.zeros(1, 4, 8), inversion="keep_input")
    with pytest.raises(ValueError, match="inversion must be one of"):
        model.decode(torch.zeros(1, 4, 8), inversion="magic")


def test_a_tone_comes_back_at_its_pitch_after_a_short_training() -> None:
    model = tiny(hidden=128)
    train(model, steps=400)
    for hz in (311.0, 622.0, 987.0):
        tone = 0.3 * torch.sin(2 * math.pi * hz * torch.arange(8192) / RATE).unsqueeze(0)
        with torch.no_grad():
            output = model.reconstruct(tone)
        assert abs(12 * math.log2(strongest_hz(output) / hz)) < 0.5, hz


def test_a_latent_that_is_the_same_for_all_sounds_says_nothing(
    nothing_known: Callable[..., Labels],
) -> None:
    model = tiny()
    audio = tones(64, model.excerpt_length)
    model.fit(unlabelled(audio))
    last = [layer for layer in model.encoder.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        last.weight[1] = last.weight[4 + 1] = 0.0  # mean and log-variance of the second one
        last.bias[1], last.bias[4 + 1] = 3.0, -2.0  # far from the standard normal
        last.bias[4] = -6.0  # the first one says precisely where it is
        for _ in range(20):
            model.losses(Batch(audio, nothing_known(64)))
        nats = model.divergences(tones(8, 4096))
    assert nats.shape == (4,)
    assert float(nats[1]) == pytest.approx(0.0, abs=1e-4)
    assert float(nats[0]) > 0.3


def test_it_is_a_model() -> None:
    assert isinstance(tiny(), Model)


def some_labels(model: SpectralVAE, batch: int, share_known: float = 0.5) -> Labels:
    torch.manual_seed(5)
    shape = (batch, len(model.vocabularies), 1)
    return Labels(torch.randint(2, shape).float(), torch.rand(shape) < share_known)


FULL: dict[str, Any] = {
    "conditioning": {
        "loudness": {"target": ["encoder"], "embedding": "none"},
        "pitch": {"target": ["decoder"], "embedding": "Embedding", "width": 3},
    },
    "prediction": {"pitch": HEAD},
    "adversary_dims": [8],
}


def test_labels_are_those_of_the_settings_in_their_order() -> None:
    model = tiny(**FULL)
    assert list(model.vocabularies) == ["loudness", "pitch"]
    assert (model.conditioning_tasks, model.predicted_tasks) == (["loudness", "pitch"], ["pitch"])
    model = tiny(prediction={"pitch": HEAD, "loudness": HEAD})
    assert (model.conditioning_tasks, model.predicted_tasks) == ([], ["pitch", "loudness"])
    assert model.adversary is None
    assert tiny().vocabularies == {}


def moved_by(model: SpectralVAE, loss: Tensor) -> set[str]:
    """The parts of a model that a loss reaches."""
    model.zero_grad()
    loss.backward(retain_graph=True)
    return {
        ".".join(name.split(".")[: 2 if name.startswith("labelling") else 1])
        for name, parameter in model.named_parameters()
        if parameter.grad is not None and parameter.grad.abs().sum() > 0
    }


def test_with_labels_every_loss_moves_what_it_should() -> None:
    model = tiny(**FULL)
    audio = tones(32, model.excerpt_length)
    model.fit(unlabelled(audio))
    losses = model.losses(Batch(audio, some_labels(model, 32)))
    of_labels = {"pitch_prediction", "pitch_semi_supervised"}
    of_heads = {"adversary", "leak"}
    assert set(losses) == {"log_magnitude", "convergence", "kl", *of_labels, *of_heads}
    told = {"encoder", "decoder", "labelling.to_decoder"}
    assert moved_by(model, losses["log_magnitude"]) == told
    assert moved_by(model, losses["convergence"]) == told
    assert moved_by(model, losses["kl"]) == {"encoder"}
    assert moved_by(model, losses["pitch_prediction"]) == {"labelling.predictors"}
    assert moved_by(model, losses["pitch_semi_supervised"]) == {"labelling.predictors"}
    assert moved_by(model, losses["adversary"]) == {"adversary"}
    assert moved_by(model, losses["leak"]) == {"encoder"}


@pytest.mark.parametrize("share_known", [0.0, 0.5, 1.0])
def test_losses_and_distances_are_finite_whatever_is_known(share_known: float) -> None:
    model = tiny(**FULL, label_dropout=0.2)
    audio = tones(16, model.excerpt_length)
    model.fit(unlabelled(audio))
    labels = some_labels(model, 16, share_known)
    # where nothing is known, anything may stand
    labels = labels._replace(values=labels.values.masked_fill(~labels.known, math.nan))
    losses = model.losses(Batch(audio, labels))
    sum(losses.values(), torch.zeros(())).backward()
    assert all(torch.isfinite(loss.detach()) for loss in losses.values())
    for name, parameter in model.named_parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all(), name
    whole = some_labels(model, 16, share_known)._replace(values=labels.values)
    with torch.no_grad():
        distances = model.metrics(Batch(tones(1, 16 * 128), _along(whole, model.centres(16 * 128))))
    assert all(torch.isfinite(value) for value in distances.values())
    assert ("pitch_accuracy" in distances) == (share_known > 0)


def _along(labels: Labels, centres: Tensor) -> Labels:
    """Labels of a batch as those of one sound's frames, in turn."""
    rows = torch.arange(len(centres)) % len(labels.values)
    return Labels(*(part[rows, :, 0].T.unsqueeze(0) for part in labels))


def test_bins_that_no_sound_can_have_do_not_flatter_the_distance() -> None:
    model = tiny().eval()
    noise = torch.randn(8, 4096, generator=torch.Generator().manual_seed(0))
    spectrum = torch.fft.rfft(noise)
    spectrum[:, spectrum.shape[1] // 4 :] = 0.0
    # faded, since a cut at the ends has all frequencies
    audio = torch.fft.irfft(spectrum, n=4096) * torch.hann_window(4096)
    model.fit(unlabelled(audio))
    with torch.no_grad():
        of_all, of_band = (
            float(model.metrics(unlabelled(audio[:1])._replace(band=band))["log_spectral_distance"])
            for band in (1.0, 0.25)
        )
    # twice, were there no error in the others
    assert 1.5 < of_band / of_all < 2.0


def test_labels_of_all_frames_hidden_are_unknown_to_the_network() -> None:
    audio = tones(16, 512)
    shown = tiny(conditioning=TO_DECODER, label_dropout=0.0)
    hidden = tiny(conditioning=TO_DECODER, label_dropout=1.0)
    for model in (shown, hidden):
        model.fit(unlabelled(audio))
    known = torch.ones(16, 1, 1, dtype=torch.bool)
    low, high = (Labels(torch.full((16, 1, 1), value), known) for value in (0.0, 1.0))

    def log_magnitude(model: SpectralVAE, labels: Labels) -> float:
        torch.manual_seed(0)
        return float(model.losses(Batch(audio, labels))["log_magnitude"].detach())

    assert log_magnitude(shown, low) != log_magnitude(shown, high)
    assert log_magnitude(hidden, low) == log_magnitude(hidden, high)


def test_an_encoder_is_told_and_a_decoder_is_not_unless_asked() -> None:
    model = tiny(conditioning={"loudness": {"target": "encoder", "embedding": "none"}}).eval()
    audio = tones(1, 2048)
    num_frames = len(model.centres(2048))
    known = torch.ones(1, 1, num_frames, dtype=torch.bool)
    soft, loud = (Labels(torch.full((1, 1, num_frames), db), known) for db in (-20.0, 0.0))
    latents = model.encode(audio, soft)
    assert not torch.allclose(latents, model.encode(audio, loud))
    assert not torch.allclose(latents, model.encode(audio))
    torch.manual_seed(0)
    decoded = model.decode_magnitudes(latents, soft)
    assert torch.equal(decoded, model.decode_magnitudes(latents, loud))
    assert torch.equal(decoded, model.decode_magnitudes(latents))


LOW_HZ, HIGH_HZ = 312.5, 1250.0


def notes(num: int, num_frames: int, seed: int) -> tuple[Tensor, Labels]:
    """Tones of two pitches at many levels, and labels of pitch and loudness (not of all)."""
    generator = torch.Generator().manual_seed(seed)
    pitch = torch.randint(2, (num, 1), generator=generator).float()
    loudness = -20.0 * torch.rand(num, 1, generator=generator)
    phase = 2 * math.pi * torch.rand(num, 1, generator=generator)
    hz = torch.where(pitch > 0, HIGH_HZ, LOW_HZ)
    turns = hz * torch.arange(512) / RATE
    audio = 10 ** (loudness / 20) * torch.sin(2 * math.pi * turns + phase)
    values = torch.stack([pitch, loudness], dim=1).expand(num, 2, num_frames)
    return audio, Labels(values, torch.rand(num, 2, num_frames, generator=generator) < 0.9)


@pytest.fixture(scope="module")
def obedient() -> SpectralVAE:
    """Trained for some seconds on tones of two pitches, of which its decoder is told."""
    model = tiny(
        hidden=64,
        conditioning={**TO_DECODER, "loudness": {"target": ["decoder"], "embedding": "none"}},
        prediction={"pitch": HEAD, "loudness": HEAD},
        adversary_dims=[32],
        label_dropout=0.1,
    )
    model.fit(unlabelled(notes(256, 1, 0)[0]))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(300):
        losses = model.losses(Batch(*notes(128, 1, step)))
        weights = {"kl": 0.03, "leak": 1.0}
        optimizer.zero_grad()
        sum((weights.get(n, 1.0) * loss for n, loss in losses.items()), torch.zeros(())).backward()
        optimizer.step()
    return model.eval().requires_grad_(False)


def steady(hz: float, length: int) -> Tensor:
    """In double precision: rounded phases are a noise that heads for numbers hear."""
    seconds = torch.arange(length, dtype=torch.float64) / RATE
    return 0.3 * torch.sin(2 * math.pi * hz * seconds).float().unsqueeze(0)


def told(pitch: float, loudness: float, num_frames: int) -> Labels:
    values = torch.tensor([pitch, loudness])[None, :, None].expand(1, 2, num_frames)
    return Labels(values, torch.ones(1, 2, num_frames, dtype=torch.bool))


def test_a_decoder_obeys_the_labels_it_is_told(obedient: SpectralVAE) -> None:
    for hz, other in ((LOW_HZ, 1.0), (HIGH_HZ, 0.0)):
        tone = steady(hz, 4096)
        latents = obedient.encode(tone)
        sound = obedient.decode(latents, told(other, -10.0, latents.shape[2]))
        other_hz = HIGH_HZ if other else LOW_HZ
        assert abs(12 * math.log2(strongest_hz(sound) / other_hz)) < 0.5


def test_what_is_not_said_is_heard_by_the_model(obedient: SpectralVAE) -> None:
    obedient.match = 0.0  # levels of the input would hide, or double, what labels change
    for hz, pitch in ((LOW_HZ, 0.0), (HIGH_HZ, 1.0)):
        tone = steady(hz, 8192)
        heard = obedient.predict(tone)
        num_frames = len(obedient.centres(8192))
        assert heard.shape == (1, 2, num_frames)
        inner = heard[0, :, 4:-4]
        assert (inner[0] == pitch).all()
        assert (inner[1] - 20 * math.log10(0.3)).abs().max() < 3.0
        by_itself = obedient.reconstruct(tone, inversion="keep_input")
        said = Labels(heard, torch.ones_like(heard).bool())
        # what is heard is a belief, a little less than certain
        difference = obedient.reconstruct(tone, said, inversion="keep_input") - by_itself
        assert difference[:, 512:-512].abs().max() < 0.02
        wrong = said._replace(values=torch.stack([1 - heard[:, 0], heard[:, 1]], dim=1))
        difference = obedient.reconstruct(tone, wrong, inversion="keep_input") - by_itself
        assert difference.abs().max() > 0.1
        assert strongest_hz(by_itself) == pytest.approx(hz, rel=0.02)


def test_a_decoder_plays_as_loud_as_it_is_told(obedient: SpectralVAE) -> None:
    tone = steady(HIGH_HZ, 4096)
    latents = obedient.encode(tone)
    levels_db = []
    for loudness in (-18.0, -10.0, -2.0):
        magnitudes = obedient.decode_magnitudes(latents, told(1.0, loudness, latents.shape[2]))
        levels_db.append(20 * float(magnitudes.amax(dim=1).mean().log10()))
    for lower, higher in itertools.pairwise(levels_db):
        assert 5.0 < higher - lower < 11.0  # 8 dB were asked for


def test_its_heads_hear_the_labels(obedient: SpectralVAE) -> None:
    audio, labels = notes(200, 1, 999)
    log_magnitude = obedient.log_magnitude(obedient.transform.analyse(audio).abs())
    judged = obedient.labelling.accuracy(log_magnitude, labels)
    assert float(judged["pitch_accuracy"]) > 0.98
    assert float(judged["loudness_error"]) < 2.0  # dB


def train(model: SpectralVAE, steps: int) -> None:
    values = torch.zeros(128, 0, 1)
    model.fit(unlabelled(tones(256, model.excerpt_length)))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        losses = model.losses(
            Batch(tones(128, model.excerpt_length, seed=step), Labels(values, values > 0))
        )
        optimizer.zero_grad()
        (losses["log_magnitude"] + 1e-3 * losses["kl"]).backward()
        optimizer.step()


def strongest_hz(audio: Tensor) -> float:
    size = 1 << 17
    spectrum = torch.fft.rfft(audio[0] * torch.hann_window(audio.shape[1]), n=size).abs()
    return float(spectrum.argmax()) * RATE / size


def test_trajectories_pass_where_sounds_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder is silent where the first latent is below 0."""
    model = tiny()

    def decode(decoder: nn.Module, latents: Tensor, *labels: object) -> Decoded:
        return Decoded((latents[:, :1] > 0.0).float().expand(-1, 257, -1), latents[:, :0])

    monkeypatch.setattr(model, "decode_frames", decode)
    for kind in ("line", "random", "sin"):
        plain = frame_trajectory(model, kind, 512, np.random.default_rng(3))
        assert (plain[0] < 0.0).any(), kind  # nothing is known before the training
    model.latent.drawn.normal_(generator=torch.Generator().manual_seed(0))
    model.latent.steps.fill_(1000)
    for kind in ("line", "random", "sin"):
        moved = frame_trajectory(model, kind, 512, np.random.default_rng(3))
        assert (moved[0] > 0.0).all(), kind
        assert moved.std(axis=1).max() > 0.1, kind
        first = frame_trajectory(model, kind, 512, np.random.default_rng(3), count=2)
        assert first.shape == (2, 512)
