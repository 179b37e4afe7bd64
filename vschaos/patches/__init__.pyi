from .writing import write_example as write_example
from .writing import write_patches as write_patches
