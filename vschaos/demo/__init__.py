"""A demonstration from sounds to a playing model, on synthesised sounds."""
