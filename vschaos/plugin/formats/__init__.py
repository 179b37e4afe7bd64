"""Preset files in the forms of plug-ins: written, read strictly, and made into a state to load."""

from vschaos.plugin.formats.preset import Preset, preset_format

__all__ = ["Preset", "preset_format"]
