"""Sounds and pictures can be decoded from their texts."""

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from PIL import Image

from vschaos.report.media import RANGE_DB, ROWS, draw_spectrograms, encode_sound, played_curves


def decoded(text: str) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(base64.b64decode(text)))


def brightness(text: str) -> np.ndarray:
    """Brightness `[height, width]`, 0 to 1."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("L")) / 255.0


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 31000, 96000])
def test_an_encoded_tone_keeps_pitch_and_level(
    rate: int, tone: Callable[..., np.ndarray], listen: Callable[..., tuple[float, float]]
) -> None:
    sound, written = decoded(encode_sound(tone(440.0, rate, 1.0), rate))
    assert written == {31000: 32000, 96000: 48000}.get(rate, rate)
    assert len(sound) == pytest.approx(written, rel=0.01)
    frequency, level_db = listen(sound[written // 4 : -written // 4], written)
    assert frequency == pytest.approx(440.0, abs=1.0)
    assert level_db == pytest.approx(-6.0, abs=0.3)


def test_loud_sounds_are_attenuated_and_not_clipped(tone: Callable[..., np.ndarray]) -> None:
    sound, _ = decoded(encode_sound(tone(440.0, 44100, 1.0, amplitude=3.0), 44100))
    middle = sound[11025:-11025]
    assert 0.95 < np.abs(middle).max() < 1.0
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert spectrum[1250:].max() < 0.01 * spectrum.max()  # no third harmonic, which clipping makes


def test_a_tone_is_a_line_at_its_height(tone: Callable[..., np.ndarray]) -> None:
    (low, high) = (brightness(one) for one in draw_spectrograms([tone(200.0), tone(2000.0)], 8000))
    for picture, hz in ((low, 200.0), (high, 2000.0)):
        share = np.log(hz / 40.0) / np.log(4000.0 / 40.0)
        darkest = int(np.argmin(picture[:, picture.shape[1] // 2]))
        assert darkest == pytest.approx((1.0 - share) * (ROWS - 1), abs=2)
    assert low.max() > 0.95  # paper is left where nothing sounds


def test_pictures_share_their_scale(tone: Callable[..., np.ndarray]) -> None:
    loud = tone(1000.0)
    quiet = loud * 10 ** (-RANGE_DB / 40)  # half of the range below
    first, second = (brightness(one) for one in draw_spectrograms([loud, quiet], 8000))
    assert first.min() < 0.15
    assert 0.4 < second.min() < 0.8


def test_a_moment_of_silence_is_drawn_and_encoded() -> None:
    (picture,) = draw_spectrograms([np.zeros(10, np.float32)], 8000)
    assert brightness(picture).shape[0] == ROWS
    assert np.abs(decoded(encode_sound(np.full(10, np.nan), 8000))[0]).max() < 1e-3


def test_curves_lie_on_the_spectrogram_and_have_gaps() -> None:
    pitch = 69.0 + 12.0 * np.log2(np.array([400.0, 40.0 * 10**1.5, 400.0, 400.0]) / 440.0)
    played = np.array([pitch, [1.0, 1.0, 0.2, 1.0], [0.0, -40.0, -20.0, -80.0]])
    curves = played_curves(played, 8000)
    assert curves == {"pitch": [0.5, 0.75, None, None], "loudness": [1.0, 0.5, 0.75, 0.0]}
    assert len(played_curves(np.zeros((3, 100_000)), 8000)["pitch"]) <= 1280
