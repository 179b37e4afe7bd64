"""`python -m vschaos.runs`: the command `vschaos runs`."""

from vschaos.cli.runs import main

if __name__ == "__main__":
    raise SystemExit(main())
