from .learning import Lesson as Lesson
from .learning import learn_prior as learn_prior
from .sequences import Sequences as Sequences
from .sequences import read_sequences as read_sequences
