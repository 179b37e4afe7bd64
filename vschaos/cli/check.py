"""`vschaos check`: describes a dataset, and what is wrong with it, before anything is trained."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.cli.command import make_parser, run_command
from vschaos.data.check.findings import ERROR, SEVERITIES, WARNING, Finding

if TYPE_CHECKING:
    from vschaos.data.check.coverage import Coverage
    from vschaos.data.check.inspection import Inspection

DESCRIPTION = """Describes a dataset: its sounds, its labels, and what is wrong with them.

  vschaos check my_data
  vschaos check my_data --strict --json state.json

The exit code is 0 if the dataset can be used as it is, 1 if there are errors (files that cannot be
read, labels that cannot be parsed) or, with --strict, warnings.
"""
MAX_FINDINGS = 20  # of each kind
MAX_CLASSES = 24
BAR_LENGTH = 30
BAR = "█"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("check", DESCRIPTION)
    parser.add_argument("dataset", type=Path, help="its folder, with data/ and metadata/ in it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there as well")
    parser.add_argument(
        "--float",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="labels whose values are numbers (type=float in the configuration)",
    )
    parser.add_argument("--strict", action="store_true", help="count warnings as errors")
    options = parser.parse_args(arguments)
    return run_command(lambda: check(options), options.debug)


def check(options: argparse.Namespace) -> int:
    from vschaos.data.check.inspection import inspect_dataset
    from vschaos.outputs import check_output_file, output_file

    if options.json:
        check_output_file(options.json, "--json")
    if not options.dataset.is_dir():
        raise FileNotFoundError(
            f"expected the folder of a dataset, got {options.dataset}, which is no folder"
        )
    inspection = inspect_dataset(options.dataset, options.float)
    _print("\n".join(describe(inspection)))
    if options.json:
        with output_file(options.json) as partial:
            partial.write_text(json.dumps(inspection.to_json(), indent=1), encoding="utf-8")
    faults = inspection.count(ERROR) + options.strict * inspection.count(WARNING)
    return 1 if faults else 0


def describe(inspection: Inspection) -> Iterator[str]:
    """The lines shown in a terminal."""
    yield from _describe_sounds(inspection)
    yield from _describe_findings(inspection.findings)
    for task in inspection.tasks:
        yield from _describe_task(task, inspection)
    if not inspection.tasks:
        yield "\nno labels (there is no metadata/<name>/metadata.txt)"
    counts = [(inspection.count(severity), severity) for severity in SEVERITIES]
    summary = ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count)
    yield f"\n{summary or 'nothing to remark'}"


def _describe_sounds(inspection: Inspection) -> Iterator[str]:
    from vschaos.data.check.inspection import count_formats

    counts = count_formats(inspection.readable)
    channels = {1: "mono", 2: "stereo"}
    rows = {
        "files": f"{inspection.num_files}, of which {len(inspection.usable)} can be used",
        "duration": _duration(inspection.seconds),
        "sample rates": _count({f"{n} Hz": k for n, k in counts["sample_rates"].items()}),
        "channels": _count(
            {channels.get(n, f"{n} channels"): k for n, k in counts["channels"].items()}
        ),
        "encodings": _count(counts["encodings"]),
        "not looked at": _count(
            {k or "no extension": n for k, n in inspection.other_files.items()}
        ),
    }
    yield f"{inspection.root}"
    for name, text in rows.items():
        if text:
            yield f"  {name:<15}{text}"


def _describe_findings(findings: Sequence[Finding], indent: str = "") -> Iterator[str]:
    for severity in SEVERITIES:
        of_severity = [finding for finding in findings if finding.severity == severity]
        for kind in dict.fromkeys(finding.kind for finding in of_severity):
            alike = [finding for finding in of_severity if finding.kind == kind]
            shown = alike[:MAX_FINDINGS]
            width = min(max(_width(finding.place) for finding in shown), 60)
            if not indent:
                yield ""
            yield f"{indent}{severity}: {kind} ({len(alike)})"
            for finding in shown:
                yield f"{indent}  {_padded(finding.place, width)}  {finding.message}"
            if len(alike) > len(shown):
                yield f"{indent}  ... and {len(alike) - len(shown)} more"


def _describe_task(task: Coverage, inspection: Inspection) -> Iterator[str]:
    num_classes = sum(seconds > 0 for _, seconds in task.seconds_of_classes)
    num_usable = len(inspection.usable)
    share = task.seconds / inspection.seconds if inspection.seconds else 0.0
    yield f"\nlabels {task.name}"
    if task.can_be_used:
        kind = f"{num_classes} classes" if task.is_class else "numbers"
        yield f"  values         {kind}"
        yield f"  labelled       {task.num_sounds} of {num_usable} files, {share:.1%} of the time"
    if task.is_class:
        yield from _describe_classes(task)
    elif task.num_sounds:
        yield f"  range          {task.low:g} to {task.high:g}, mean {task.mean:g}"
    yield from _describe_findings(task.findings, indent="  ")


def _describe_classes(task: Coverage) -> Iterator[str]:
    rows = [row for row in task.seconds_of_classes if row[1] or row[0] in task.unused_classes]
    if len(rows) > MAX_CLASSES:
        rows.sort(key=lambda row: row[1], reverse=True)
    shown, rest = rows[:MAX_CLASSES], rows[MAX_CLASSES:]
    if not shown:
        return
    width = min(max(_width(name) for name, _ in shown), 30)
    most = max(seconds for _, seconds in shown) or 1.0
    unit, in_unit = ("min", 1 / 60) if most >= 120 else ("s", 1.0)
    for name, seconds in shown:
        bar = BAR * max(round(BAR_LENGTH * seconds / most), 1 if seconds else 0)
        yield f"  {_padded(name, width)}  {seconds * in_unit:8.1f} {unit}  {bar}".rstrip()
    if rest:
        together = in_unit * sum(seconds for _, seconds in rest)
        yield f"  {_padded('...', width)}  {together:8.1f} {unit}  in {len(rest)} more classes"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.2f} h"


def _count(counts: dict[str, int]) -> str:
    """Most frequent first, with its number; without, where all are alike."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ordered[0][0] if len(ordered) == 1 else ", ".join(f"{k} ({n})" for k, n in ordered)


def _width(text: str) -> int:
    """Columns in a terminal: East Asian characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _print(text: str) -> None:
    """Writes text, with escapes for what the terminal's encoding lacks, as in names of files."""
    encoding = sys.stdout.encoding or "utf-8"
    if BAR not in BAR.encode(encoding, "replace").decode(encoding):
        text = text.replace(BAR, "#")
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
