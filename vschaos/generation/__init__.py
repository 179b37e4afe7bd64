"""Generates sounds offline with a run: reconstructions, transfers, trajectories, morphs, sweeps,
wavetables."""

from vschaos.generation.inputs import (
    DatasetLabelReader,
    InputSound,
    find_inputs,
    read_input,
    unique_names,
)
from vschaos.generation.labels import parse_labels, swept_labels
from vschaos.generation.morphing import blocks_without_edges, morph, without_edges
from vschaos.generation.segments import decode_segments, encode_segments, reconstruct_segments
from vschaos.generation.tables import table_along, write_cycles, write_table
from vschaos.generation.transfer import Transfer, played_frames, transfer
from vschaos.generation.writing import SoundWriter
from vschaos.trajectories import KINDS, control_trajectory, trajectory

__all__ = [
    "KINDS",
    "DatasetLabelReader",
    "InputSound",
    "SoundWriter",
    "Transfer",
    "blocks_without_edges",
    "control_trajectory",
    "decode_segments",
    "encode_segments",
    "find_inputs",
    "morph",
    "parse_labels",
    "played_frames",
    "read_input",
    "reconstruct_segments",
    "swept_labels",
    "table_along",
    "trajectory",
    "transfer",
    "unique_names",
    "without_edges",
    "write_cycles",
    "write_table",
]
