"""Writes matches: for each sound a preset file, both sounds and a picture; a table and a page."""

from __future__ import annotations

import json
import logging
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from vschaos import __version__
from vschaos.audio.files import Waveform, write_blocks
from vschaos.files import short_name
from vschaos.folders import mark_as_made
from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching.match import Effort, Match
from vschaos.matching.table import row_of, to_csv, to_json
from vschaos.outputs import Identity, check_output_file, output_file

TABLE, JSON, PAGE = "matches.csv", "matches.json", "matches.html"
SOUNDS = "matches"  # the folder of presets, sounds and pictures
logger = logging.getLogger(__name__)


@dataclass
class MatchWriter:
    """Writes matches to a folder: presets, sounds and pictures to one within it, a table and a page
    beside that. Files of others are backed up.

    Args:
        folder: of all that is written.
        synthesiser: whose settings they are.
        effort: spent on each.
        has_pictures: whether pictures are drawn, and the page.
        inputs: `identities` of files that must not be overwritten.
    """

    folder: Path
    synthesiser: Synthesiser
    effort: Effort
    has_pictures: bool = True
    inputs: Container[Identity] = ()
    written: list[tuple[Match, str]] = field(default_factory=list)

    def write(self, match: Match) -> Path | None:
        """Writes a match and the table so far; returns the preset file, if there is one."""
        target, best = match.target, match.best
        base = self.folder / SOUNDS / target.name
        preset = None
        if best is not None:
            preset = self._path(base, self.synthesiser.suffix)
            self.synthesiser.write(best.positions, preset, base.name, match.gain_db)
            self._write_sound(self._path(base, "_target.wav"), target.audio)
            self._write_sound(self._path(base, "_match.wav"), match.sound)
            if self.has_pictures:
                self._draw(match, self._path(base, ".png"))
        name = "" if preset is None else preset.relative_to(self.folder).as_posix()
        self.written.append((match, name))
        self._write_tables()
        mark_as_made(self.folder / SOUNDS)  # so that no training takes them for its sounds
        return preset

    def finish(self) -> Path | None:
        """Writes the page, if there are pictures; returns its path."""
        if not self.has_pictures or not self.written:
            return None
        from vschaos.matching.page import render  # which brings matplotlib, slow to load

        page = self.folder / PAGE
        check_output_file(page, "--out", self.inputs)
        with output_file(page) as partial:
            text = render(self.synthesiser.name, self.written, self.synthesiser)
            partial.write_text(text, encoding="utf-8")
        return page

    def _write_tables(self) -> None:
        rows = [row_of(match, preset) for match, preset in self.written]
        content = to_json(self.written, self.synthesiser, self.effort, __version__)
        texts = {
            TABLE: to_csv(rows),
            JSON: json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        }
        for name, text in texts.items():
            check_output_file(self.folder / name, "--out", self.inputs)
            with output_file(self.folder / name) as partial:
                partial.write_text(text, encoding="utf-8", newline="")

    def _write_sound(self, path: Path, sound: Waveform) -> None:
        write_blocks(path, [sound], self.synthesiser.sample_rate, is_output=True)

    def _draw(self, match: Match, path: Path) -> None:
        from vschaos.pictures import draw_sounds  # matplotlib is slow to load

        best = match.best
        assert best is not None
        titles = "target", f"{best.method}, LSD {best.scores.log_spectral:.1f} dB"
        sounds = dict(zip(titles, (match.target.audio, match.sound), strict=True))
        draw_sounds(path, sounds, self.synthesiser.sample_rate)

    def _path(self, base: Path, ending: str) -> Path:
        """`base` and an ending, which is none of the inputs."""
        path = base.with_name(short_name(base.name, ending))
        check_output_file(path, "--out", self.inputs)
        return path
