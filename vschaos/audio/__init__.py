"""Sound files <-> waveforms: decoding, channels, resampling, writing."""
