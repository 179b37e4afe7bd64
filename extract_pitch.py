#!/usr/bin/env python3
"""Labels the pitch and the octave of a dataset: the command `vschaos extract-pitch`."""

from vschaos.cli.extract_pitch import main

if __name__ == "__main__":
    raise SystemExit(main())
