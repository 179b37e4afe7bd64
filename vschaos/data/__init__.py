"""Folders of sounds and their labels to batches of excerpts.

store, split         sounds at one rate in one file; which are learnt from
metadata, timeline   labels as text files; what is known at any sample
draw, augment        where excerpts are taken from, and what makes more of them
datamodule           the loaders of a training
check, inspection    the state of a dataset, told before anything is trained
pitch, listening     pitch and octave labels, heard by a network

Nothing is imported here: whoever only reads a dataset does without Lightning, and without torch.
"""
