"""Evaluation of runs: measures of their sounds, their labels and their latent spaces."""

from vschaos.evaluation.evaluate import Evaluation, evaluate, magnitude_distances
from vschaos.evaluation.table import tables
from vschaos.evaluation.writing import write_evaluation

__all__ = ["Evaluation", "evaluate", "magnitude_distances", "tables", "write_evaluation"]
