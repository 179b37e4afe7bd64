"""The methods, controls and attributes of a stream."""

from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.latents.gaussian import GaussianLatent
from vschaos.latents.projection import PROJECTIONS
from vschaos.layers import Labelling

INVERSION_MODES = ("keep_input", "rtisi", "scan", "random")
TEXTURE, MATCH = 1.0, 1.0  # what a model is played with by default
ATTRIBUTES = [
    Attribute(
        "inversion_mode",
        "str",
        "phase reconstruction; keep_input, the phase of the input, is rtisi without one",
        "keep_input",
        choices=INVERSION_MODES,
        aliases=(("pghi", "scan"),),  # its name in other toolkits
    ),
    Attribute(
        "temperature",
        "float",
        "0: the posterior mean; 1: sampled from the posterior",
        0.0,
        0.0,
        10.0,
    ),
    Attribute("match", "float", "forward: share of the input's level, within 24 dB", MATCH),
    Attribute(
        "dimred",
        "str",
        "coordinates of the latents",
        "none",
        choices=PROJECTIONS,
        on_change="project",
    ),
]
TEXTURE_ATTRIBUTE = Attribute(
    "texture", "float", "noise where the sound is noise-like: 0, smooth, to 1", TEXTURE
)


def methods_of(
    latents: list[Control],
    hop_length: int,
    labelling: Labelling,
    controls: list[Control],
) -> list[Method]:
    audio = [AUDIO]
    to_encoder = [controls[task] for task in labelling.to_encoder.tasks]
    to_decoder = [controls[task] for task in labelling.to_decoder.tasks]
    conditioning = [controls[task] for task in labelling.conditioning_tasks]
    predictions = [controls[task] for task in labelling.predicted_tasks]
    return [
        Method("encode", audio + to_encoder, 1, latents + predictions, hop_length),
        Method("decode", latents + to_decoder, hop_length, audio, 1),
        Method("forward", audio + conditioning, 1, audio + predictions, 1),
    ]


def latent_controls(latent: GaussianLatent, num_latents: int) -> list[Control]:
    importance = latent.importance.tolist()
    return [
        Control(f"latent {k + 1}", low, high, "sigma", importance_db=round(importance[k], 2))
        for k, (low, high) in enumerate(latent.ranges()[:num_latents])
    ]
