"""The work of `vschaos generate render` and `morph` of presets: the voice's, or a plug-in's."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vschaos.audio.files import Waveform, write_blocks
from vschaos.cli.synth import note_of, play_notes, preset_named
from vschaos.files import short_name
from vschaos.folders import mark_as_made
from vschaos.outputs import check_output_file, check_output_folder, identities

if TYPE_CHECKING:
    from vschaos.instrument.synthesiser import Synthesiser
    from vschaos.models.synth import Note
    from vschaos.plugin.description import Description
    from vschaos.plugin.synthesiser import PluginSynthesiser

CHAINS = ("mono", "two_osc", "fm", "modular")


def render_preset(options: argparse.Namespace) -> None:
    """Writes notes by a preset."""
    if _is_of_voice(options.preset):
        play_notes(options)
        return
    from vschaos.matching.playing import play_notes as mix_notes

    check_output_file(options.out, "-o", identities([Path(options.preset)]))
    notes = [note_of(text) for text in options.notes]
    plugin = _plugin_of([Path(options.preset)], options.plugin)
    try:
        positions = np.stack([plugin.read(Path(options.preset))] * len(notes))
        sound = mix_notes(plugin, positions, notes, options.chord)
    finally:
        plugin.close()
    _write(options.out, sound, plugin.sample_rate)


def morph_presets(options: argparse.Namespace) -> None:
    """Writes notes that go from preset to preset."""
    if options.path[0].is_dir() or options.path[0].suffix == ".ckpt":
        raise ValueError("morph expects --files with sounds for a run, got none")
    names = [str(path) for path in options.path]
    if len(names) < 2:
        raise ValueError(f"a morph needs at least two presets, got {len(names)}")
    folder = (options.out or Path()) / "morphs"
    check_output_folder(folder, "--out")
    wav = folder / short_name("_".join(Path(name).stem for name in names), ".wav")
    check_output_file(wav, "--out", identities(options.path))
    sound, sample_rate = _morph(names, [note_of(text) for text in options.notes], options.plugin)
    _write(wav, sound, sample_rate)
    mark_as_made(folder)  # so that no training takes them for its sounds
    if not options.no_pictures:
        from vschaos.pictures import draw_sounds  # matplotlib is slow to load

        draw_sounds(wav.with_suffix(".png"), {" - ".join(names): sound}, sample_rate)


def synthesiser_named(name: str) -> Synthesiser:
    """The voice of a chain, or a plug-in that is described.

    Raises:
        FileNotFoundError: there is neither, or the plug-in is not installed.
        ValueError: its description is not well formed.
    """
    if name in CHAINS:
        from vschaos.models.synth.synthesiser import VoiceSynthesiser

        return VoiceSynthesiser(name)
    from vschaos.plugin.banks import read_parents
    from vschaos.plugin.description import FOLDER, read_description
    from vschaos.plugin.synthesiser import PluginSynthesiser

    known = sorted(file.stem for file in FOLDER.glob("*.yaml"))
    if Path(name).suffix not in (".yaml", ".yml") and name not in known:
        raise FileNotFoundError(
            f"expected the folder of a run, a chain of the voice ({', '.join(CHAINS)}) or a "
            f"plug-in ({', '.join(known)}, or its description, a .yaml), got {name}"
        )
    description = read_description(name)
    return PluginSynthesiser(description, parents=read_parents(description))


def _morph(
    names: Sequence[str], notes: Sequence[Note], plugin_name: str | None
) -> tuple[Waveform, int]:
    """The sound `[T]`, and its rate: the voice moves all the time, a plug-in from note to note."""
    are_of_voice = [_is_of_voice(name) for name in names]
    if all(are_of_voice):
        from vschaos.models.synth import render_morph
        from vschaos.models.synth.voice import SAMPLE_RATE

        return render_morph([preset_named(name) for name in names], notes).numpy(), SAMPLE_RATE
    if any(are_of_voice):
        raise ValueError(
            "a morph needs presets of one synthesiser, got some of the voice and "
            f"{names[are_of_voice.index(False)]}"
        )
    from vschaos.matching.playing import morph_positions
    from vschaos.matching.playing import play_notes as mix_notes

    paths = [Path(name) for name in names]
    plugin = _plugin_of(paths, plugin_name)
    try:
        presets = np.stack([plugin.read(path) for path in paths])
        positions = morph_positions(plugin, presets, notes)
        return mix_notes(plugin, positions, notes), plugin.sample_rate
    finally:
        plugin.close()


def _is_of_voice(name: str) -> bool:
    """Whether it is a preset of the voice, by its ending; what has none is the name of one."""
    return Path(name).suffix in ("", ".json")


def _plugin_of(paths: Sequence[Path], name: str | None) -> PluginSynthesiser:
    """The plug-in of preset files, with all its parameters as knobs.

    Args:
        name: of its description; None to find it by the files.
    """
    from vschaos.plugin.description import read_description
    from vschaos.plugin.synthesiser import PluginSynthesiser

    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"no preset {path}")
    description = read_description(name) if name else _description_of(paths[0])
    return PluginSynthesiser(description, description.names, num_processes=1)


def _description_of(path: Path) -> Description:
    """The first of the described plug-ins that such a preset file is of."""
    from vschaos.plugin.description import FOLDER, read_description
    from vschaos.plugin.formats import preset_format

    content, reasons = path.read_bytes(), []
    for file in sorted(FOLDER.glob("*.yaml")):
        description = read_description(str(file))
        form = preset_format(description)
        if form.ending != path.suffix:
            continue
        try:
            form.read(content, description, str(path))
        except ValueError as error:
            reasons.append(str(error))
        else:
            return description
    reason = f" ({reasons[0]})" if reasons else ""
    raise ValueError(
        f"{path}: expected a preset of the voice (.json) or of a plug-in that is described"
        f"{reason}: --plugin names its description"
    )


def _write(path: Path, sound: Waveform, sample_rate: int) -> None:
    write_blocks(path, [sound], sample_rate, is_output=True)
    peak = float(np.abs(sound).max(initial=0.0))
    logging.info("%s: %.1f s, peak %.3f", path, len(sound) / sample_rate, peak)
