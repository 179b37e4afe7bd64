"""Plug-ins that others made: described by a yaml, hosted in processes of their own, rendered.

description    a plug-in's yaml: its parameters, notes, preset format
hearing        which parameters of a setting make a difference to its sound
formats/       the plug-in's own preset files
banks          presets of people: without repetitions, and split
host           a host process, supervised and restarted; `process` is what runs in it
draws          parameters by seed and number
rendering      a dataset of sounds, resumable
synthesiser    a plug-in as matching sees it
checking       is it there, does it sound, how fast, does it repeat itself
probing        the yaml of a plug-in that nobody has described

A plug-in and the library that hosts it (DawDreamer, GPL) are loaded by host processes alone.
"""
