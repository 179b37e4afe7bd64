"""Notes by the settings of a synthesiser, mixed into one sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching.objective import on_steps

TAIL_SECONDS = 2.0  # of a note after its release
SILENT = 1e-4  # -80 dB: what follows the last louder sample is cut


def play_notes(
    synthesiser: Synthesiser,
    positions: np.ndarray,
    notes: Sequence[tuple[float, float, float]],
    is_chord: bool = False,
    tail_seconds: float = TAIL_SECONDS,
) -> Waveform:
    """Plays notes, each by settings of its own, one after the other or all at once.

    Args:
        synthesiser: that plays them.
        positions: `[M, P]`, of each note.
        notes: MIDI note, seconds until its release, and velocity 0..1 (0 is a rest).
        tail_seconds: of a note after its release.

    Returns:
        `[T]`.

    Raises:
        ValueError: there are no notes, or one that cannot be played.
    """
    if not notes:
        raise ValueError("notes must be given, got none")
    rate = synthesiser.sample_rate
    starts = [0.0] * len(notes)
    if not is_chord:
        starts = [sum(seconds for _, seconds, _ in notes[:number]) for number in range(len(notes))]
    for pitch, seconds, velocity in notes:
        if not (0.0 <= pitch <= 127.0 and 0.0 < seconds <= 60.0 and 0.0 <= velocity <= 1.0):
            raise ValueError(
                "a note must be from 0 to 127, last up to 60 s and have a velocity from 0 to 1, "
                f"got {pitch:g} for {seconds:g} s with {velocity:g}"
            )
    ends = [start + note[1] + tail_seconds for start, note in zip(starts, notes, strict=True)]
    mixed = np.zeros(round(max(ends) * rate) + 1, np.float32)
    for row, start, (pitch, seconds, velocity) in zip(positions, starts, notes, strict=True):
        if velocity > 0.0:
            one = np.array([pitch]), np.array([velocity])
            sound = synthesiser.render(row[None], *one, seconds + tail_seconds, seconds)[0]
            first = round(start * rate)
            mixed[first : first + len(sound)] += sound[: len(mixed) - first]
    loud = np.flatnonzero(np.abs(mixed) > SILENT)
    return mixed[: int(loud[-1]) + 1] if len(loud) else mixed[:1]


def morph_positions(
    synthesiser: Synthesiser, presets: np.ndarray, notes: Sequence[tuple[float, float, float]]
) -> np.ndarray:
    """Settings `[M, P]` of notes that go from preset to preset, the first note by the first and the
    last by the last: knobs are turned evenly, steps jump.

    Args:
        synthesiser: whose knobs they are.
        presets: positions `[S, P]`, two or more.
        notes: M of them, at the places of their beginnings.

    Raises:
        ValueError: there are fewer presets.
    """
    if len(presets) < 2:
        raise ValueError(f"a morph needs at least two presets, got {len(presets)}")
    starts = np.cumsum([0.0, *(seconds for _, seconds, _ in notes[:-1])])
    place = starts / max(starts[-1], 1e-9) * (len(presets) - 1)
    columns = [np.interp(place, np.arange(len(presets)), column) for column in presets.T]
    return on_steps(synthesiser, np.stack(columns, axis=1))
