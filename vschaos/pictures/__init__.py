"""Pictures of sounds, latents and evaluations."""

from vschaos.pictures.latents import picture_of_nats, picture_of_points
from vschaos.pictures.sounds import draw_rows, draw_sounds, picture_of_sounds
from vschaos.pictures.spectrogram import Spectrogram

__all__ = [
    "Spectrogram",
    "draw_rows",
    "draw_sounds",
    "picture_of_nats",
    "picture_of_points",
    "picture_of_sounds",
]
