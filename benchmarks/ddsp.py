#!/usr/bin/env python3
"""How well the harmonic instrument resynthesises sounds that it was not trained on.

    python benchmarks/ddsp.py [--instruments violin trumpet clarinet bass voice ...] [--seeds 0 1 2]
        [--time 00:00:04:30] [--runs FOLDER] [--set KEY=VALUE ...] [--json FILE]

Material: General MIDI melodies with dynamics, by fluidsynth and its font `fluid-soundfont-gm`, some
five minutes of one instrument at a time, of which whole files are held out. And recordings: `voice`
of a woman by telephone (package asterisk-core-sounds-en-wav), `tabla`, half a minute of single
strokes, and `synthbass`, single notes of several patches (sonic-pi-samples); what is not installed
is left out. Each training lasts
`--time` at most, as `length=quick` does, with as many threads as OMP_NUM_THREADS says.

`distance` is the multi-resolution STFT distance of the sound as the `.ts` plays it live, its delay
taken out. Beside it, by the same synthesiser at the same pitch and loudness: `mean`, the mean
spectrum of the training; `nearest`, that of the training's frame nearest in pitch (1 semitone) and
loudness (3 dB); `oracle`, the amplitudes as analysed; and `silence`. `of_way`: from the mean
spectrum to the oracle. `cents` and `in_tune` (50 cents): pitch of what is played against the pitch
of what was sung to it, of voiced frames within 40 dB of the loudest; `dB` and `bias` their
A-weighted levels, of all such frames. `moved` and `moved_in_tune`: the pitch after transpositions
by 1, 7, 12 and 24 semitones, as far as they stay between 46 and 1900 Hz.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from measuring import Row
from pitched_sounds import INSTRUMENTS
from pitched_trainings import measure_trainings
from recordings import RECORDINGS
from torch import Tensor

import vschaos
from vschaos.batch import Batch
from vschaos.data.cache.store import StoredFile, open_store
from vschaos.data.features import Harmonics
from vschaos.data.features.store import open_features
from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.pitch import PitchTracker
from vschaos.labels import Labels
from vschaos.losses import MultiResolutionDistance
from vschaos.models.ddsp.model import DDSP
from vschaos.models.pitched.heard import FEATURE, Heard

RANGE_DB = 40.0
PITCH_SCALE, LOUDNESS_SCALE = 1.0, 3.0  # of the nearest neighbour: semitones and dB
COLUMNS = {"steps": "6d", "distance": "8.3f"}
COLUMNS |= {"oracle": "8.3f", "mean": "8.3f", "nearest": "8.3f", "silence": "8.3f"}
COLUMNS |= {"of_way": "7.0%", "cents": "6.1f", "in_tune": "8.1%", "dB": "5.2f", "bias": "6.2f"}
COLUMNS |= {"moved": "6.1f", "moved_in_tune": "14.1%"}
SEMITONES = (-24, -12, -7, -1, 1, 7, 12, 24)
MOVED_SECONDS = 6.0  # of each file, by each of these


def judge(run: vschaos.Run, root: Path) -> Row:
    model = run.model
    assert isinstance(model, DDSP)
    feature = Harmonics(
        model.sample_rate,
        model.hop_length,
        model.window,
        model.num_partials,
        model.num_noise_bands,
        model.num_levels,
    )
    store = open_store(root, model.sample_rate, "mix", model.hop_length)
    analysed = open_features(store, [feature])[feature.name]  # from the cache of the training

    def heard(file: StoredFile) -> tuple[Heard, Tensor]:
        values = analysed.read(file, 0, feature.num_frames(file.length))
        audio = torch.from_numpy(store.read(file, 0, file.length))[None]
        features = {FEATURE: torch.from_numpy(values)[None]}
        nothing = torch.zeros(1, 0, 1)
        return model.heard(Batch(audio, Labels(nothing, nothing > 0), features)), audio

    files = {file.name: file for file in store.files}
    learnt = [heard(files[name])[0] for name in run.split["train"]]
    known = Heard(*(torch.cat(parts, 2) for parts in zip(*learnt, strict=True)))
    held_out = [heard(files[name]) for name in run.split["held_out"]]
    found = [compare(model, known, *one) for one in held_out]
    mean = {key: float(np.mean([one[key] for one in found])) for key in found[0]}
    way = (mean["mean"] - mean["distance"]) / (mean["mean"] - mean["oracle"])
    steps = torch.load(run.checkpoint, weights_only=True)["global_step"]
    return {"steps": steps, **mean, "of_way": way}


@torch.inference_mode()
def compare(model: DDSP, known: Heard, new: Heard, audio: Tensor) -> dict[str, float]:
    pitch, loudness = new.played[:, 0], new.played[:, 2]

    def sound_of(partials: Tensor, noise: Tensor) -> Tensor:
        rendered = model.render(pitch, partials, noise)
        late = torch.nn.functional.pad(rendered, (0, model.delay))[:, model.delay :]
        return late[:, : audio.shape[1]]

    controls = torch.cat([new.played, model.timbre(new.levels)], 1)
    partials, noise, _ = model.network(controls, model.initial(1))
    mean = torch.cat([model.network.partial_db, model.network.noise_db])[None]
    mean = mean.repeat(1, 1, pitch.shape[1])
    column = nearest(known, new)
    copied = torch.cat([known.partials[:, :, column], known.noise[:, :, column]], 1)
    copied = 20.0 * torch.log10(copied.clamp_min(1e-7)) - known.played[:, 2:, column]
    sounds = {
        "distance": sound_of(partials, noise),
        "oracle": sound_of(new.partials, new.noise),
        "mean": sound_of(*model.network.spectrum(pitch, loudness, mean)),
        "nearest": sound_of(*model.network.spectrum(pitch, loudness, copied)),
        "silence": torch.zeros_like(audio),
    }
    distance = MultiResolutionDistance()
    return {
        **{name: float(distance(sound, audio)) for name, sound in sounds.items()},
        **obeyed(sounds["distance"], audio),
        **transposed(model, controls),
    }


def nearest(known: Heard, new: Heard) -> Tensor:
    """For each frame the number of the training's frame that is nearest to it, `[N]`."""
    scale = torch.tensor([PITCH_SCALE, 0.1, LOUDNESS_SCALE])[:, None]
    there, here = ((one.played[0] / scale).T.contiguous() for one in (known, new))
    return torch.cat([torch.cdist(part, there).argmin(1) for part in here.split(256)])


def obeyed(sound: Tensor, audio: Tensor) -> dict[str, float]:
    """Pitch and loudness of what is played, against those of what was sung."""
    length = audio.shape[1] // 256 * 256
    (note, sure), (made, _) = (PitchTracker()(one[:, :length])[0] for one in (audio, sound))
    meant, level = (LoudnessMeter()(one[:, :length])[0, 0] for one in (audio, sound))
    loud = meant > meant.max() - RANGE_DB
    cents = 100.0 * (made - note)[loud & (sure >= 0.5)].abs()
    return {
        "cents": float(cents.median()),
        "in_tune": float((cents <= 50.0).float().mean()),
        "dB": float((level - meant)[loud].abs().mean()),
        "bias": float((level - meant)[loud].mean()),
    }


def transposed(model: DDSP, controls: Tensor) -> dict[str, float]:
    """Pitch of what is played against the pitch that was asked for, transposed."""
    controls = controls[:, :, : int(MOVED_SECONDS * model.sample_rate / model.hop_length)]
    loud = controls[0, 2] > controls[0, 2].max() - RANGE_DB
    cents = []
    for semitones in SEMITONES:
        moved = controls.clone()
        moved[:, 0] += semitones
        made = model.encode(model.decode(moved))[0]
        inside = (moved[0, 0] > 30.0) & (moved[0, 0] < 94.3)
        chosen = loud & inside & (controls[0, 1] >= 0.5)
        cents.append(100.0 * (made[0] - moved[0, 0])[chosen].abs())
    found = torch.cat(cents)
    return {
        "moved": float(found.median()),
        "moved_in_tune": float((found <= 50.0).float().mean()),
    }


if __name__ == "__main__":
    measure_trainings(__doc__, "ddsp", judge, COLUMNS, [*INSTRUMENTS, *RECORDINGS])
