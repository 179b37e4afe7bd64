"""The making of the model in patches/, `python -m patches.example_model`.

orchestra   the synthesised notes that it is trained on
phrase      a sound to play into it
"""
