"""Pictures of sounds, latents, wavetables and evaluations."""

from vschaos.pictures.latents import picture_of_nats, picture_of_points
from vschaos.pictures.sounds import draw_rows, draw_sounds, picture_of_sounds
from vschaos.pictures.spectrogram import Spectrogram
from vschaos.pictures.waterfall import draw_waterfall, picture_of_cycles

__all__ = [
    "Spectrogram",
    "draw_rows",
    "draw_sounds",
    "draw_waterfall",
    "picture_of_cycles",
    "picture_of_nats",
    "picture_of_points",
    "picture_of_sounds",
]
