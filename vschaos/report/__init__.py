"""The report of a run: one HTML file with its sounds, curves, settings and commands.

generation/material  the sounds of a run and their labels, from the cache or the dataset
curves, dataset      losses and metrics of the training; its dataset
listening, media     sounds made with the run; sounds and pictures as text
space                the map of the latents
settings             the configuration of the run, and commands that use it
gather, page         all of it as plain data; the data in an HTML page

Sections without the capability they need are left out. Python makes plain data; the folder
`template` (HTML, CSS, JavaScript) shows it, and inserts texts of a run as text, never as markup.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
