"""Model families: a folder each, all of them keeping the contract in `base`."""
