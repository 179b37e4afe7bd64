"""`python -m vschaos.patches`: the command `vschaos patches`."""

from vschaos.cli.patches import main

if __name__ == "__main__":
    raise SystemExit(main())
