#!/usr/bin/env python3
"""Trains a model on a folder of sounds: the command `vschaos train`."""

from vschaos.cli.train import main

if __name__ == "__main__":
    raise SystemExit(main())
