"""The cache of waveforms: importing, storing, finding and cleaning."""
