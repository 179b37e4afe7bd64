"""The page that a run leaves: what it sounds like, what it learnt, and how to play it.

material             the sounds of a run and their labels, from the cache or the dataset
curves, dataset      losses and distances; what was learnt from
listening, media     sounds made with the run; sounds and pictures as text
space, hearing       the map of the latents; what the predictors mistake
settings             how the run was set, and the commands that play it
gather, page         all of it as plain data; that data in a page

Everything here makes plain data. What is shown, and how, stands in the folder `template`: HTML, CSS
and JavaScript, which put all that comes from a run into the document as text, never as markup.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
