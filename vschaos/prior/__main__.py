"""`python -m vschaos.prior`: the command `vschaos prior`."""

from vschaos.cli.prior import main

if __name__ == "__main__":
    raise SystemExit(main())
