"""Recipes and all they are composed of, shipped or in `configs/` of the current folder.

base.yaml            settings of every training, none of them of a family
*.yaml               recipes: a family, and what differs from its defaults
model/FAMILY.yaml    all that belongs to a family: network, loss weights, output
model/FAMILY/*/      choices of a family: network=gru
augment/, length/    choices of any family: augment=mild

recipes              finds recipes, families and choices, without Hydra
composing            from a recipe and settings to a configuration, with Hydra
"""
