"""Pitch tracking, and labels from it."""
