from .api import train as train
from .export.play import play as play
from .runs import Run as Run
from .runs import load_run as load_run

__version__: str
