"""`python -m vschaos.report`: the command `vschaos report`."""

from vschaos.cli.report import main

if __name__ == "__main__":
    raise SystemExit(main())
