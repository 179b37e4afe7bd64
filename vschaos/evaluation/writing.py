"""An evaluation as files: tables, JSON, pictures, and sounds."""

from __future__ import annotations

import json
import logging
import math
import re
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from vschaos.audio.files import write_audio
from vschaos.evaluation.evaluate import Evaluation
from vschaos.evaluation.latents import ACTIVE_NATS
from vschaos.evaluation.similarity import FileMetrics, best_and_worst
from vschaos.evaluation.table import tables
from vschaos.files import folder_written_whole
from vschaos.folders import MARK, mark_as_made
from vschaos.outputs import RECORD, free_backup, is_edited, note_outputs

# all that an evaluation may write: other files in its folder are not touched
JSON, TABLE, SOUNDS = "evaluation.json", "evaluation.txt", "sounds"
PICTURES = ("measures.png", "files.png", "latents.png", "labels.png", "sounds.png")
ENTRIES = (JSON, TABLE, SOUNDS, MARK, RECORD, *PICTURES)
logger = logging.getLogger(__name__)
NUM_SOUNDS = 3  # best files, and as many of the worst
PICTURE_SECONDS = 6.0  # of a sound


def write_evaluation(evaluation: Evaluation, out: Path, sample_rate: int) -> None:
    """Writes all of it to a folder, or nothing; an earlier evaluation that was edited is
    renamed.

    Raises:
        ValueError: the folder holds other files.
    """
    with folder_written_whole(out, ENTRIES) as folder:
        content = {**evaluation.facts, "by_file": [_by_file(file) for file in evaluation.files]}
        text = json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / JSON).write_text(text, encoding="utf-8")
        (folder / TABLE).write_text(tables(evaluation.facts), encoding="utf-8")
        mark_as_made(folder)
        _draw(evaluation, folder)
        if evaluation.reconstructions:
            _write_sounds(evaluation, folder, sample_rate)
        for place in (folder, folder / SOUNDS):
            note_outputs(place, [file.name for file in _files(place)])
        _keep_edited(out)


def _keep_edited(out: Path) -> None:
    files = [*_files(out), *_files(out / SOUNDS)]
    if any(is_edited(file) for file in files):
        backup = out.rename(free_backup(out))
        logger.warning("%s was edited: renamed to %s", out, backup.name)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.glob("*") if file.is_file() and file.name[0] != "."]


def plain(value: Any) -> Any:
    """The same as JSON types; numbers that are not finite become null."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _by_file(file: FileMetrics) -> dict[str, Any]:
    row = file._asdict()
    return {"file": row.pop("name"), "frames": row.pop("num_frames")} | {
        section: measured for section, measured in row.items() if measured
    }


def _draw(evaluation: Evaluation, folder: Path) -> None:
    from vschaos.pictures import evaluation as pictures  # matplotlib is slow to load

    facts = evaluation.facts
    if evaluation.reconstructions:
        pictures.draw_measures(folder / "measures.png", facts)
        files = [_by_file(file) for file in evaluation.files]
        pictures.draw_files(folder / "files.png", facts, files)
    if "latents" in facts:
        pictures.draw_latent_space(folder / "latents.png", facts["latents"], ACTIVE_NATS)
    if "labels" in facts and (facts["labels"]["notes"] or facts["labels"]["prediction"]):
        pictures.draw_labels(folder / "labels.png", facts["labels"])


@torch.inference_mode()
def _write_sounds(evaluation: Evaluation, folder: Path, sample_rate: int) -> None:
    """The best and the worst files beside their reconstructions."""
    from vschaos.pictures import draw_rows

    excerpts = {excerpt.name: excerpt for excerpt in evaluation.excerpts}
    model, inversion = evaluation.reconstructions[0], evaluation.inversions[0]
    rows = []
    picked = best_and_worst(evaluation.files, model.name, NUM_SOUNDS)
    for title, file in picked.items():
        excerpt = excerpts[file.name]
        original = excerpt.audio[0].numpy()
        output = torch.nan_to_num(model.sound(excerpt, inversion))[0].numpy()
        name = f"{title}_{_plain_name(PurePosixPath(file.name).stem)}"
        write_audio(folder / SOUNDS / f"{name}_original.wav", original, sample_rate)
        write_audio(folder / SOUNDS / f"{name}_{model.name}.wav", output, sample_rate)
        length = round(PICTURE_SECONDS * sample_rate)
        heading = f"{title.replace('_', ' ')}: {PurePosixPath(file.name).stem}"
        rows.append({heading: original[:length], f"{model.name}, {inversion}": output[:length]})
    draw_rows(folder / "sounds.png", rows, sample_rate)


def _plain_name(text: str) -> str:
    return re.sub(r"[^\w#+.-]", "_", text).strip("._")[:60] or "sound"
