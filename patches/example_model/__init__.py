"""The making of the models in patches/, `python -m patches.example_model`.

examples    what each of them is trained on, and how
orchestra   synthesised notes of eight keyboards
reed        synthesised melodies of one blown reed
phrase      a sound to play into a model
"""
