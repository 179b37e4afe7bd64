"""The model in patches/ and all that it is made of; `python -m patches.example_model` makes it anew.

orchestra   the synthesised notes that it is trained on
phrase      a sound to play into it
"""
