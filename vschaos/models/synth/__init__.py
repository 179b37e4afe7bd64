"""A synthesiser that is played by notes: oscillators, filter, envelopes, as a chain connects them.

laws, parameters   the parameters of a voice and how they are turned
chains             which module feeds which
voice              notes and parameters -> sound, differentiable
presets, bank      named parameters, their JSON, and those that come with the voice
rendering          notes -> sound, offline
renderer           sounds of drawn parameters
stream             the voice in nn~
"""

from vschaos.models.synth.bank import BANK, bank_of
from vschaos.models.synth.chains import CHAINS, Chain, chain_named
from vschaos.models.synth.model import Synth
from vschaos.models.synth.parameters import PARAMETERS, Parameter
from vschaos.models.synth.presets import Preset, read_preset, write_preset
from vschaos.models.synth.renderer import VoiceRenderer
from vschaos.models.synth.rendering import Note, render, render_morph, render_notes
from vschaos.models.synth.stream import VoiceStream
from vschaos.models.synth.voice import Voice, play_controls

__all__ = [
    "BANK",
    "CHAINS",
    "PARAMETERS",
    "Chain",
    "Note",
    "Parameter",
    "Preset",
    "Synth",
    "Voice",
    "VoiceRenderer",
    "VoiceStream",
    "bank_of",
    "chain_named",
    "play_controls",
    "read_preset",
    "render",
    "render_morph",
    "render_notes",
    "write_preset",
]
