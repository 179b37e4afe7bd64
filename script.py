#!/usr/bin/env python3
"""Exports a trained model as a .ts for nn~: the command `vschaos export`."""

from vschaos.cli.export import main

if __name__ == "__main__":
    raise SystemExit(main())
