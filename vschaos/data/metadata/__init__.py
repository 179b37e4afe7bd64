"""Labels of sounds from metadata files."""
