"""`python -m vschaos.plugin`: the command `vschaos plugin`."""

from vschaos.cli.plugin import main

if __name__ == "__main__":
    raise SystemExit(main())
