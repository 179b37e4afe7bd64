"""Model families beside those of the package, to prove that one is a folder, a yaml and a line."""
