"""`python -m vschaos.synth`: the command `vschaos synth`."""

from vschaos.cli.synth import main

if __name__ == "__main__":
    raise SystemExit(main())
