"""`python -m vschaos.evaluate`: the command `vschaos evaluate`."""

from vschaos.cli.evaluate import main

if __name__ == "__main__":
    raise SystemExit(main())
