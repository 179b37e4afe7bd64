"""Trains a temporal prior of the latents of a trained model.

sequences   the latents of whole files
learning    the training of the prior on them
"""

from typing import TYPE_CHECKING

from vschaos.lazy import lazily

if TYPE_CHECKING:
    from vschaos.prior.learning import Lesson, learn_prior
    from vschaos.prior.sequences import Sequences, read_sequences

__all__ = ["Lesson", "Sequences", "learn_prior", "read_sequences"]
if not TYPE_CHECKING:  # which would take any name for one of these
    __getattr__ = lazily(__name__, __all__, "learning", "sequences")
