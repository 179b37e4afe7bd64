"""The description of an instrument (controls, methods, attributes) and its streams."""
