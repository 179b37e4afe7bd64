"""Sounds, or a renderer, to batches of examples and validation sounds.

datamodule           the contract between a training and its examples, built from the configuration
sounds, rendered     data modules: a folder of sounds, and sounds rendered from drawn parameters
notes                notes of any sounds, cut at their onsets, which join rendered examples
presets              data module: sounds that a plug-in rendered, with their settings
replay               rendered batches that are used more than once
loading              batches by number, prefetched or from workers
excerpts, draw       training batches of excerpts, and where these begin; whole validation sounds
split                training and validation files, and their choice
augment              augmentations of excerpts and of their labels
features             functions of waveforms, computed once per file and memory-mapped
metadata             labels as text files, and along the sounds
cache                imported sounds at one rate, memory-mapped; manifests, cleaning up
files, full_scale    the files of a dataset; sounds beyond full scale
remarks              warnings of sounds that are probably not as intended
pitch                pitch and octave labels, found by a network
check                the state of a dataset, inspected before a training

Nothing is imported here: reading a dataset needs no Lightning, and no torch.
"""
