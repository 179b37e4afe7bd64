"""Notes of sounds of anybody: where they begin and end, and their pitch.

onsets    where notes begin
cutting   sounds cut there, and how long a note is held
pitch     by the product's tracker
joining   notes of a dataset, which join rendered examples
"""
