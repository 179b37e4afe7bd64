"""Model families, a folder each, with a common contract in `base`."""
