"""A stand-in for nn~ in PureData: an external of our own (`nn~.c`), and who plays models for it."""

from tests.patches.stand_in.server import PlayedObject, Server

__all__ = ["PlayedObject", "Server"]
