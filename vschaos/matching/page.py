"""One page to compare by ear: targets beside what was found for them, in one HTML file."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching.match import Found, Match
from vschaos.matching.table import mean_by_method
from vschaos.report.media import draw_spectrograms, encode_sound

MOST_SOUNDS = 100  # on a page: some 60 KB each


def render(name: str, matches: Sequence[tuple[Match, str]], synthesiser: Synthesiser) -> str:
    """The page.

    Nothing of a file's name becomes markup, and its content security policy allows neither scripts
    nor requests.

    Args:
        name: of the page.
        matches: and the names of their preset files, empty for none.
        synthesiser: whose settings they are.
    """
    shown = matches[:MOST_SOUNDS]
    is_whole = len(shown) == len(matches)
    left_out = "" if is_whole else f" Here are the first {len(shown)} of them."
    introduction = (
        f"Settings of {html.escape(synthesiser.name)} for {len(matches)} sounds. Targets and what "
        "was found are brought to one level here. LSD and MFCC are distances in decibels that the "
        f"search did not look at; heard is the number of settings that were tried.{left_out}"
    )
    parts = {
        "title": html.escape(name),
        "introduction": introduction,
        "summary": _summary([match for match, _ in matches]),
        "sounds": "\n".join(_section(match, preset, synthesiser) for match, preset in shown),
    }
    template = files("vschaos.matching").joinpath("template", "page.html")
    return re.sub(
        r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template.read_text(encoding="utf-8")
    )


def _summary(matches: Sequence[Match]) -> str:
    """Mean scores by method, over the sounds that have all methods."""
    rows = [
        f"<tr><td>{html.escape(method)}</td><td>{scores['lsd_db']:.2f}</td>"
        f"<td>{scores['mfcc_db']:.2f}</td><td>{scores['multi_resolution']:.3f}</td></tr>"
        for method, scores in mean_by_method(matches).items()
    ]
    if not rows:
        return ""
    head = (
        "<tr><th>mean over the sounds</th><th>LSD, dB</th><th>MFCC, dB</th><th>multi-res.</th></tr>"
    )
    return f"<table>{head}{''.join(rows)}</table>"


def _section(match: Match, preset: str, synthesiser: Synthesiser) -> str:
    target, best = match.target, match.best
    remarks = "".join(f' <span class="remark">{html.escape(one)}</span>' for one in match.remarks)
    title = f"<h2>{html.escape(target.name)}{remarks}</h2>"
    about = (
        f"<p>{html.escape(str(target.file))}, {target.seconds:.2f} s from "
        f"{target.start_seconds:.2f} s on, {target.level_db:.1f} dB; note {target.pitch:.2f} "
        f"(confidence {target.confidence:.2f}), held for {target.held_seconds:.2f} s</p>"
    )
    if best is None:
        return title + about
    sounds = [target.audio, match.sound * np.float32(10 ** (-match.level_db / 20))]
    pictures = draw_spectrograms(sounds, target.sample_rate)
    captions = ("target", f"{preset}: {best.method}")
    players = "".join(
        f'<figure><img alt="spectrogram" src="data:image/png;base64,{picture}">'
        f'<audio controls preload="none" src="data:audio/mpeg;base64,'
        f'{encode_sound(sound, target.sample_rate)}"></audio>'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for sound, picture, caption in zip(sounds, pictures, captions, strict=True)
    )
    return (
        f'{title}{about}<div class="players">{players}</div>{_methods(match.found, best)}'
        f"{_parameters(best, synthesiser)}"
    )


def _methods(found: Sequence[Found], best: Found) -> str:
    rows = []
    for one in found:
        scores = one.scores
        cents = "" if scores.pitch_cents is None else f"{scores.pitch_cents:+.0f}"
        rows.append(
            f"<tr{' class=best' if one is best else ''}><td>{html.escape(one.method)}</td>"
            f"<td>{scores.log_spectral:.2f}</td><td>{scores.mfcc:.2f}</td>"
            f"<td>{scores.multi_resolution:.3f}</td><td>{cents}</td><td>{one.num_heard}</td></tr>"
        )
    head = (
        "<tr><th>found by</th><th>LSD, dB</th><th>MFCC, dB</th><th>multi-res.</th>"
        "<th>pitch, cents</th><th>heard</th></tr>"
    )
    return f"<table>{head}{''.join(rows)}</table>"


def _parameters(best: Found, synthesiser: Synthesiser) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(knob.name)}</td><td>{html.escape(knob.text(float(position)))}</td>"
        f"<td>{100 * position:.0f} %</td></tr>"
        for knob, position in zip(synthesiser.parameters, best.positions, strict=True)
    )
    head = "<tr><th>knob</th><th>value</th><th>position</th></tr>"
    return f"<details><summary>settings</summary><table>{head}{rows}</table></details>"
