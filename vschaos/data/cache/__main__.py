"""`python -m vschaos.data.cache`: the command `vschaos cache`."""

from vschaos.cli.cache import main

if __name__ == "__main__":
    raise SystemExit(main())
