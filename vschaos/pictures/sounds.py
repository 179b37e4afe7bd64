"""Spectrograms of sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from vschaos.audio.files import Waveform
from vschaos.outputs import output_file
from vschaos.pictures.canvas import Picture, pixels, save
from vschaos.pictures.spectrogram import MAX_COLUMNS, Spectrogram, height_of, played_heights

RANGE_DB = 80.0
DOTS_PER_INCH = 80
PITCH_COLOUR, LOUDNESS_COLOUR = "cyan", "white"
Mark = tuple[float, str]  # second and text


def draw_sounds(
    path: Path,
    sounds: Mapping[str, Waveform | Spectrogram],
    sample_rate: int,
    latents: np.ndarray | None = None,
    marks: Sequence[Mark] = (),
    played: np.ndarray | None = None,
) -> None:
    """Draws spectrograms, or sounds `[T]`, one above the other with one level range, as a PNG.

    Args:
        path: the picture's file.
        sounds: by title.
        sample_rate: Hz, of all of them.
        latents: `[Z, N]`, drawn below if given.
        marks: seconds and texts of vertical lines.
        played: pitch, confidence and loudness of the last sound, `[3, N]`, drawn over it if given.
    """
    drawn_of = {title: _spectrogram(sound, sample_rate) for title, sound in sounds.items()}
    images = {title: spectrogram.levels() for title, spectrogram in drawn_of.items()}
    top_db = max(float(image.max()) for image in images.values())
    num_rows = len(images) + (latents is not None)
    figure = Figure(figsize=(9.0, 0.6 + 2.4 * num_rows), layout="constrained")
    axes = figure.subplots(num_rows, 1, squeeze=False)[:, 0]
    for axis, (title, image) in zip(axes, images.items(), strict=False):
        duration = drawn_of[title].num_samples / sample_rate
        drawn = _show(axis, image, duration, sample_rate, top_db)
        axis.set(title=title)
        _mark(axis, marks, duration)
        figure.colorbar(drawn, ax=axis, label="dB", pad=0.01)
    if played is not None:
        _draw_played(axes[len(images) - 1], played, duration, sample_rate)
    if latents is not None:
        latents = latents[:, :: max(1, latents.shape[1] // (2 * MAX_COLUMNS))]
        last_second = next(iter(drawn_of.values())).num_samples / sample_rate
        seconds = np.linspace(0.0, last_second, latents.shape[1])
        axes[-1].plot(seconds, latents.T, linewidth=0.8)
        axes[-1].set(
            title="latents", ylabel="standard deviations", xlim=(0.0, max(seconds[-1], 1e-3))
        )
    axes[-1].set_xlabel("seconds")
    with output_file(path) as partial:
        save(figure, partial, 100)


def draw_rows(path: Path, rows: Sequence[Mapping[str, Waveform]], sample_rate: int) -> None:
    """Draws what `picture_of_sounds` returns, as a PNG."""
    save(_figure_of_rows(rows, sample_rate, (), 5.0), path, DOTS_PER_INCH)


def picture_of_sounds(
    rows: Sequence[Mapping[str, Waveform]],
    sample_rate: int,
    marks: Sequence[Mark] = (),
    inches: float = 4.4,
) -> Picture:
    """Spectrograms of rows of sounds `[T]`, by title, with one level range.

    Four times as fast as `draw_sounds`, whose layout is better.

    Args:
        sample_rate: Hz, of all of them.
        marks: seconds and texts of vertical lines.
        inches: width of each.
    """
    return pixels(_figure_of_rows(rows, sample_rate, marks, inches))


def _figure_of_rows(
    rows: Sequence[Mapping[str, Waveform]], sample_rate: int, marks: Sequence[Mark], inches: float
) -> Figure:
    images = [[_spectrogram(sound, sample_rate).levels() for sound in row.values()] for row in rows]
    top_db = max(float(image.max()) for row in images for image in row)
    num_columns = max(len(row) for row in rows)
    figure = Figure(figsize=(1.0 + inches * num_columns, 0.3 + 2.2 * len(rows)), dpi=DOTS_PER_INCH)
    axes = figure.subplots(len(rows), num_columns, squeeze=False)
    width, height = figure.get_size_inches()
    figure.subplots_adjust(
        0.6 / width, 0.35 / height, 1 - 0.9 / width, 1 - 0.3 / height, wspace=0.14, hspace=0.4
    )
    for row_axes, row_images, row in zip(axes, images, rows, strict=True):
        for axis, image, (title, sound) in zip(row_axes, row_images, row.items(), strict=False):
            duration = len(sound) / sample_rate
            drawn = _show(axis, image, duration, sample_rate, top_db)
            axis.set_title(title, fontsize=9)
            axis.tick_params(labelsize=7)
            _mark(axis, marks, duration)
        for axis in row_axes[len(row) :]:
            axis.set_axis_off()
    place = (1 - 0.7 / width, 0.35 / height, 0.15 / width, 1 - 0.65 / height)
    figure.colorbar(drawn, cax=figure.add_axes(place)).ax.tick_params(labelsize=7)
    figure.text(1 - 0.7 / width, 1 - 0.2 / height, "dB", fontsize=8)
    return figure


def _show(
    axis: Axes, image: np.ndarray, duration: float, sample_rate: int, top_db: float
) -> AxesImage:
    drawn = axis.imshow(
        image,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=top_db - RANGE_DB,
        vmax=top_db,
        extent=(0.0, duration, 0.0, 1.0),
    )
    octaves = [hz for hz in (50, 100, 200, 500, 1000, 2000, 5000, 10000) if hz < sample_rate / 2]
    axis.set_yticks(
        height_of(np.array(octaves), sample_rate),
        [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in octaves],
    )
    axis.set_ylabel("Hz")
    return drawn


def _draw_played(axis: Axes, played: np.ndarray, duration: float, sample_rate: int) -> None:
    """Pitch on the axis of frequencies, loudness from -80 dB at the bottom to 0 at the top."""
    played = played[:, :: max(1, played.shape[1] // (2 * MAX_COLUMNS))]
    seconds = np.linspace(0.0, duration, played.shape[1])
    pitch, loudness = played_heights(played, sample_rate)
    axis.plot(seconds, pitch, color=PITCH_COLOUR, linewidth=1.1, label="pitch")
    axis.plot(
        seconds, loudness, color=LOUDNESS_COLOUR, linewidth=0.8, label="loudness, -80 to 0 dB(A)"
    )
    axis.set(xlim=(0.0, max(duration, 1e-3)), ylim=(0.0, 1.0))
    axis.legend(loc="upper right", fontsize=7, ncols=2, framealpha=0.4)


def _mark(axis: Axes, marks: Sequence[Mark], duration: float) -> None:
    for second, text in marks:
        axis.axvline(second, color="white", linewidth=0.5)
        axis.text(second + 0.005 * duration, 0.94, text, color="white", fontsize=8)


def _spectrogram(sound: Waveform | Spectrogram, sample_rate: int) -> Spectrogram:
    if isinstance(sound, Spectrogram):
        return sound
    spectrogram = Spectrogram(sample_rate)
    spectrogram.add(sound)
    return spectrogram
