"""A temporal prior: what sounds go through in time, learnt after a training from its latents.

sequences   the latents of whole files, one after the other
learning    from these to a prior
"""

from vschaos.prior.learning import Lesson, learn_prior
from vschaos.prior.sequences import Sequences, read_sequences

__all__ = ["Lesson", "Sequences", "learn_prior", "read_sequences"]
