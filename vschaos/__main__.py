"""`python -m vschaos`: the command `vschaos`."""

from vschaos.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
