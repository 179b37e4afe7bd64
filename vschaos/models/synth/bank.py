"""Presets that come with the voice, by chain."""

from __future__ import annotations

from vschaos.models.synth.chains import CHAINS, Chain
from vschaos.models.synth.presets import Preset

# the values that differ from the defaults; times in ms, frequencies in Hz
_SETTINGS = {
    "mono": {
        "round-bass": (
            "shape_1=1.1 cutoff=180 resonance=1.4 filter_envelope=24 decay_2=450 "
            "key_tracking=0.5 attack=2 decay=900 sustain=0.7 release=120 drive=8 level=-13"
        ),
        "acid-line": (
            "shape_1=1 cutoff=260 resonance=9 filter_envelope=36 decay_2=260 glide=40 "
            "attack=1 decay=400 sustain=0.5 release=60 drive=14 level=-11"
        ),
        "sub-sine": (
            "shape_1=0 cutoff=2000 attack=6 decay=2500 sustain=0.9 release=180 drive=4 level=-13"
        ),
        "whistle": (
            "shape_1=0 noise=0.35 cutoff=262 resonance=14 filter_type=0.5 key_tracking=1 "
            "lfo_pitch=0.15 lfo_rate=5.6 attack=60 release=140 level=-9"
        ),
        "wind": (
            "shape_1=0 noise=1 cutoff=700 resonance=6 filter_type=0.5 lfo_cutoff=14 "
            "lfo_rate=0.19 attack=1600 release=2500 level=6"
        ),
        "hi-hat": (
            "shape_1=2 width_1=0.32 noise=1 cutoff=9000 resonance=1.2 filter_type=1 attack=1 "
            "decay=120 sustain=0 release=90 level=-5"
        ),
        "hollow-reed": (
            "shape_1=2 cutoff=1500 resonance=0.9 key_tracking=0.6 filter_envelope=10 "
            "attack_2=40 decay_2=900 sustain_2=0.6 attack=45 release=120 "
            "lfo_pitch=0.12 lfo_rate=5.1 level=-17"
        ),
        "nasal-pulse": (
            "shape_1=2 width_1=0.12 cutoff=2600 resonance=3 filter_type=0.32 attack=12 "
            "release=160 lfo_width=0.06 lfo_rate=1.3 level=-7"
        ),
        "thin-lead": (
            "shape_1=1.5 width_1=0.25 cutoff=900 resonance=4 filter_type=1 glide=70 "
            "lfo_pitch=0.25 lfo_rate=6.2 attack=4 release=200 drive=10 level=-12"
        ),
        "tremolo-organ": (
            "shape_1=0.35 cutoff=3500 lfo_level=0.8 lfo_rate=6.8 attack=8 release=50 level=-12"
        ),
    },
    "two_osc": {
        "warm-brass": (
            "shape_1=1 shape_2=1 cents_2=8 mix=0.5 cutoff=420 resonance=1.1 filter_envelope=30 "
            "attack_2=90 decay_2=900 sustain_2=0.7 key_tracking=0.4 "
            "attack=50 decay=600 sustain=0.85 release=220 level=-11"
        ),
        "wide-strings": (
            "shape_1=1 shape_2=1 cents_2=14 mix=0.5 cutoff=4200 resonance=0.6 attack=420 "
            "release=900 lfo_pitch=0.08 lfo_rate=4.3 level=-12"
        ),
        "octave-lead": (
            "shape_1=1 shape_2=2 width_2=0.4 semitones_2=12 cents_2=-6 mix=0.4 cutoff=3200 "
            "resonance=2.2 filter_envelope=12 decay_2=350 glide=60 attack=3 release=180 "
            "drive=9 level=-13"
        ),
        "fifth-stab": (
            "shape_1=1 shape_2=1 semitones_2=7 cents_2=3 mix=0.5 cutoff=600 resonance=2.5 "
            "filter_envelope=40 decay_2=300 attack=2 decay=500 sustain=0 release=250 "
            "drive=4 level=-8"
        ),
        "slow-pad": (
            "shape_1=2 width_1=0.3 shape_2=1 semitones_2=-12 cents_2=-9 mix=0.45 cutoff=500 "
            "resonance=1.6 filter_envelope=18 attack_2=2500 decay_2=5000 "
            "sustain_2=0.6 lfo_width=0.18 lfo_rate=0.23 attack=1200 release=2800 "
            "level=-14"
        ),
        "plucked-wire": (
            "shape_1=2 width_1=0.15 shape_2=2 width_2=0.22 cents_2=4 mix=0.4 cutoff=900 "
            "resonance=1 filter_envelope=44 decay_2=450 key_tracking=0.8 attack=1 "
            "decay=1600 sustain=0 release=500 level=-13"
        ),
        "soft-keys": (
            "shape_1=0.3 shape_2=0 semitones_2=12 mix=0.25 cutoff=1600 filter_envelope=16 "
            "decay_2=700 key_tracking=0.7 attack=3 decay=3000 sustain=0.1 release=350 "
            "level=-11"
        ),
        "church-pipes": (
            "shape_1=0.25 shape_2=0.4 semitones_2=24 mix=0.35 noise=0.06 cutoff=6000 "
            "key_tracking=0.5 attack=35 release=110 level=-11"
        ),
        "square-bass": (
            "shape_1=2 shape_2=2 semitones_2=-12 mix=0.55 cutoff=300 resonance=2 "
            "filter_envelope=18 decay_2=300 attack=2 decay=700 sustain=0.6 release=80 "
            "drive=16 level=-11"
        ),
        "hoover": (
            "shape_1=2 width_1=0.2 shape_2=1.6 width_2=0.7 semitones_2=-12 cents_2=22 mix=0.5 "
            "cutoff=7000 resonance=0.8 lfo_width=0.3 lfo_rate=3.4 lfo_pitch=0.2 glide=120 "
            "attack=8 release=220 drive=12 level=-13"
        ),
        "wobble": (
            "shape_1=1 shape_2=1.4 semitones_2=-12 cents_2=11 mix=0.6 cutoff=500 resonance=5 "
            "lfo_cutoff=26 lfo_rate=2.6 attack=3 release=90 drive=18 level=-12"
        ),
        "glass-fifths": (
            "shape_1=0 shape_2=0 semitones_2=19 cents_2=2 mix=0.45 cutoff=12000 attack=2 "
            "decay=4000 sustain=0 release=1500 lfo_level=0.25 lfo_rate=4.6 level=-10"
        ),
        "rising-sweep": (
            "shape_1=1 shape_2=1 semitones_2=-12 cents_2=18 mix=0.5 noise=0.2 cutoff=150 "
            "resonance=7 filter_envelope=55 attack_2=3000 decay_2=3000 "
            "sustain_2=0.8 attack=300 release=1500 level=-19"
        ),
        "band-siren": (
            "shape_1=1 shape_2=2 semitones_2=5 cents_2=-12 mix=0.5 cutoff=1100 resonance=8 "
            "filter_type=0.5 lfo_pitch=5 lfo_rate=0.7 attack=20 release=300 level=1"
        ),
    },
    "fm": {
        "fm-electric": (
            "shape_1=0 semitones_2=24 index=1.6 index_envelope=0.9 decay_2=900 attack=1 "
            "decay=4500 sustain=0 release=300 level=-14"
        ),
        "fm-bell": (
            "shape_1=0 semitones_2=17 cents_2=45 index=3.2 index_envelope=0.8 "
            "decay_2=5000 attack=1 decay=7000 sustain=0 release=3500 level=-14"
        ),
        "fm-brass": (
            "shape_1=0 semitones_2=0 index=4 index_envelope=0.95 attack_2=70 "
            "decay_2=600 sustain_2=0.7 attack=40 release=150 level=-15"
        ),
        "fm-bass": (
            "shape_1=0 semitones_2=-12 index=5.5 index_envelope=0.9 decay_2=320 attack=1 "
            "decay=1200 sustain=0.5 release=80 drive=6 level=-13"
        ),
        "fm-clarinet": (
            "shape_1=0 semitones_2=12 index=1.5 index_envelope=0.5 attack_2=50 "
            "sustain_2=0.8 attack=50 release=120 lfo_pitch=0.08 level=-16"
        ),
        "fm-wood": (
            "shape_1=0 semitones_2=20 cents_2=-30 index=5 index_envelope=1 decay_2=60 "
            "attack=1 decay=450 sustain=0 release=200 level=-11"
        ),
        "fm-growl": (
            "shape_1=0.6 semitones_2=-24 index=7.5 index_envelope=0.4 attack_2=600 "
            "decay_2=900 sustain_2=0.5 lfo_level=0.5 lfo_rate=8.5 drive=12 "
            "attack=15 release=160 level=-13"
        ),
        "fm-drone": (
            "shape_1=0 shape_2=0 semitones_2=7 cents_2=6 mix=0.3 index=2.2 lfo_pitch=0.05 "
            "lfo_rate=0.3 attack=2200 release=3000 level=-10"
        ),
    },
    "modular": {
        "metal-scrape": (
            "shape_1=1 semitones_2=18 cents_2=37 index=6 index_envelope=0.5 noise=0.3 "
            "cutoff=2200 resonance=6 filter_type=0.6 filter_envelope=20 decay_2=1500 "
            "lfo_cutoff=9 lfo_rate=7.3 attack=5 decay=2500 sustain=0.3 release=700 level=-3"
        ),
        "talking-pulse": (
            "shape_1=2 width_1=0.2 semitones_2=0 cents_2=5 index=1.2 cutoff=700 resonance=10 "
            "lfo_cutoff=18 lfo_rate=1.6 lfo_width=0.15 key_tracking=0.3 attack=10 release=140 "
            "level=-27"
        ),
        "steam-organ": (
            "shape_1=0.4 shape_2=0.8 semitones_2=12 mix=0.4 index=0.8 noise=0.25 cutoff=2400 "
            "resonance=1.5 key_tracking=0.7 lfo_level=0.3 lfo_rate=5.9 attack=60 release=200 "
            "level=-11"
        ),
        "broken-radio": (
            "shape_1=1.4 width_1=0.35 shape_2=1 semitones_2=-7 cents_2=-41 mix=0.35 index=4.5 "
            "noise=0.5 cutoff=1800 resonance=3 filter_type=0.5 lfo_shape=0 lfo_rate=9.5 "
            "lfo_level=0.9 lfo_pitch=1 drive=20 attack=3 release=60 level=-6"
        ),
    },
}


def _preset(name: str, chain: str, settings: str) -> Preset:
    pairs = (setting.split("=") for setting in settings.split())
    return Preset(name, chain, {key: float(value) for key, value in pairs})


BANK = tuple(
    _preset(name, chain, settings)
    for chain, presets in _SETTINGS.items()
    for name, settings in presets.items()
)


def bank_of(chain: Chain) -> list[Preset]:
    """The presets that a chain can play: its own first, then those of chains that it includes."""
    own = [preset for preset in BANK if preset.chain == chain.name]
    others = [preset for preset in BANK if preset.chain != chain.name]
    return own + [preset for preset in others if chain.includes(CHAINS[preset.chain])]
