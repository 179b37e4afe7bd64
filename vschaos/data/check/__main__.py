"""`python -m vschaos.data.check`: the command `vschaos check`."""

from vschaos.cli.check import main

if __name__ == "__main__":
    raise SystemExit(main())
