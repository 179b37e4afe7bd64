"""How far two ways to the same figures may differ, on any processor.

Bits are the same only from the same kernel: which one runs, and in what order it adds, depends on
the processor (AVX-512, AVX2, SSE), on the shapes of what is multiplied and its place in memory.
"""

# -80 dB. Rounding, also after phases have been derived from phases, leaves some 1e-5 of full scale
# (1.4e-5 on AVX-512 at most, 1e-6 on AVX2); a block, a row or a setting that mattered leaves 1e-3.
INAUDIBLE = 1e-4
# -70 dB. The same where `forward` goes from phases that follow the input to phases that follow each
# other, and takes the scatter of its input as well: 1.2e-4 on SSE, 4e-5 on AVX2 and AVX-512.
GROWN = 3e-4
# -60 dB of the whole signal. The phase of a bin near zero may turn wholly round for the last digit
# of its neighbours, so spectra are compared by their energy, not value by value.
SAME_ENERGY = 1e-3
# some units in the last place of float32, for the same sum in another order
ROUNDING = 1e-6
