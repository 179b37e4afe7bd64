"""Sounds and pictures as base64 text, for a page of one file."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile
from PIL import Image

from vschaos.audio.files import Waveform, resample
from vschaos.pictures.canvas import Picture
from vschaos.pictures.spectrogram import on_log_rows, played_heights

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz
FINE, COARSE = 0.2, 0.6  # mp3 compression, 0 to 1 (smallest): 95 and 55 kbit/s at 44.1 kHz
MAX_PEAK = 0.98  # highest peak: louder sounds would clip

WINDOW = 2048
ROWS = 128
COLUMNS_PER_SECOND, MAX_COLUMNS = 160, 640
RANGE_DB = 72.0
SHADES = 64
# paper, sand, clay and ink (red, green, blue), by level
INKS = (
    (0.0, (251, 247, 238)),
    (0.3, (235, 217, 184)),
    (0.55, (217, 154, 102)),
    (0.75, (185, 85, 52)),
    (1.0, (51, 23, 15)),
)


def encode_sound(sound: Waveform, sample_rate: int, size: float = FINE) -> str:
    """A sound `[T]` as an mp3 in base64: any browser plays it, at a tenth of the size of a wav."""
    rate = next((rate for rate in MP3_RATES if rate >= sample_rate), MP3_RATES[-1])
    samples = resample(np.nan_to_num(sound).astype(np.float32), sample_rate, rate)
    peak = float(np.abs(samples).max(initial=0.0))
    file = io.BytesIO()
    soundfile.write(
        file,
        samples * min(1.0, MAX_PEAK / max(peak, 1e-9)),
        rate,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=size,
    )
    return base64.b64encode(file.getvalue()).decode("ascii")


def draw_spectrograms(sounds: list[Waveform], sample_rate: int) -> list[str]:
    """Spectrograms of sounds `[T]` with one level range: PNG in base64."""
    levels = [_log_spectrogram(sound, sample_rate) for sound in sounds]
    top_db = max(float(level.max()) for level in levels)
    return [_png(np.clip(1.0 + (level - top_db) / RANGE_DB, 0.0, 1.0)) for level in levels]


def encode_picture(picture: Picture) -> str:
    """A picture of `vschaos.pictures` as PNG in base64, of few colours."""
    return _encoded(Image.fromarray(picture).quantize(SHADES))


def played_curves(played: np.ndarray, sample_rate: int) -> dict[str, list[float | None]]:
    """Pitch, confidence and loudness `[3, N]` -> heights of `pitch` and `loudness` in such a
    spectrogram, 0 to 1, None where there is none; at most two for each of its columns."""
    step = max(1, -(-played.shape[1] // (2 * MAX_COLUMNS)))
    rows = played_heights(played[:, ::step], sample_rate).round(3)
    return {
        name: [None if np.isnan(value) else float(value) for value in row]
        for name, row in zip(("pitch", "loudness"), rows, strict=True)
    }


def _log_spectrogram(sound: Waveform, sample_rate: int) -> np.ndarray:
    """`[T]` -> level in dB `[ROWS, columns]`, rows even in log frequency, highest first."""
    seconds = len(sound) / sample_rate
    columns = int(np.clip(seconds * COLUMNS_PER_SECOND, 16, MAX_COLUMNS))
    centres = ((np.arange(columns) + 0.5) * len(sound) / columns).astype(int)
    padded = np.pad(np.nan_to_num(sound), WINDOW // 2)
    frames = padded[centres[:, None] + np.arange(WINDOW)] * np.hanning(WINDOW)
    level_db = 20 * np.log10(np.maximum(np.abs(np.fft.rfft(frames)).T, 1e-7))
    return on_log_rows(level_db, sample_rate, ROWS)[::-1]


def _png(image: np.ndarray) -> str:
    """`[height, width]`, 0 (paper) to 1 (ink)."""
    picture = Image.fromarray((image * (SHADES - 1)).round().astype(np.uint8))
    picture.putpalette(_palette())
    return _encoded(picture)


def _encoded(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def _palette() -> bytes:
    at, places = np.linspace(0.0, 1.0, SHADES), [place for place, _ in INKS]
    colours = np.array([colour for _, colour in INKS])
    channels = [np.interp(at, places, channel) for channel in colours.T]
    return np.stack(channels, axis=1).round().astype(np.uint8).tobytes()
