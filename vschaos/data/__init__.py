"""Folders of sounds and their labels to batches of excerpts.

store, split         sounds at one rate, memory-mapped; which are learnt from
importing, making    files to pieces of the cache, on all cores (sources, parallel)
pieces, ledger       one imported sound; which bytes a dataset's files hold (locks)
cache, keeping       what is kept of imported sounds, listed and removed
metadata, timeline   labels as text files; what is known at any sample
features             functions of waveforms, computed once per file and memory-mapped
draw, augment        where excerpts are taken from, and what makes more of them
excerpts, ahead      training batches by number; several of them made at a time
datamodule           the loaders of a training
check, inspection    the state of a dataset, told before anything is trained
pitch, listening     pitch and octave labels, heard by a network

Nothing is imported here: whoever only reads a dataset does without Lightning, and without torch.
"""
