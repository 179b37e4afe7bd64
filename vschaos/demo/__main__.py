"""`python -m vschaos.demo`: the command `vschaos demo`."""

from vschaos.cli.demo import main

if __name__ == "__main__":
    raise SystemExit(main())
