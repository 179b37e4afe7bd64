"""The command `vschaos`: one module for each subcommand, each with `main(arguments) -> exit code`.

main      finds the module of a subcommand
command   messages, exit codes and options that the subcommands share

Modules import torch, Lightning and Hydra, which take seconds, only once they have read their
arguments, so that `--help` answers at once.
"""
