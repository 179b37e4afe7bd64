"""The command `vschaos`: one module for each subcommand, each with `main(arguments) -> exit code`.

main      finds the module of a subcommand
command   messages, exit codes and options that the subcommands share

Modules import what takes long (torch, Lightning, Hydra) only once they have read their arguments, so
that `--help` answers at once.
"""
