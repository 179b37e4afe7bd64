#!/usr/bin/env python3
"""Makes sounds with a trained model: the command `vschaos generate`."""

from vschaos.cli.generate import main

if __name__ == "__main__":
    raise SystemExit(main())
