"""A first walk from sounds to a playing model, on sounds that are made on the spot."""
