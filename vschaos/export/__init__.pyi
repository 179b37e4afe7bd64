from .host import Host as Host
from .nn_tilde import script_stream as script_stream
