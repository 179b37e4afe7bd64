"""Sizes by which a transform sees the same frequencies and durations at another sample rate.

A window of the same duration has its bins at the same frequencies at any rate: a model of
magnitudes reads and writes those that it was trained on, without interpolation.
"""

import math
from typing import NamedTuple

MAX_CENTS = 2.5  # that a window may be out of tune for a length that transforms quickly
DENSEST = 0.9  # hops of the training, in seconds, from frame to frame; below that a frame waits


class TransformSizes(NamedTuple):
    """Sizes of a transform, see `STFT.resize`.

    Attributes:
        n_fft, hop_length, synthesis_length: in samples.
        num_bins: F, the bins both in the trained band and below half of the rate.
        hops_per_frame: hops of the host from frame to frame; 1 if there is a frame in each.
        frames_per_hop: frames in a hop of the host; 1 if it has no more.
        delay: of the transform, in samples.
    """

    n_fft: int
    hop_length: int
    synthesis_length: int
    num_bins: int
    hops_per_frame: int
    frames_per_hop: int
    delay: int


def sizes_at_rate(
    n_fft: int,
    hop_length: int,
    synthesis_length: int,
    trained_rate: int,
    rate: int,
    densest: float = DENSEST,
) -> TransformSizes:
    """Sizes of a trained transform at the rate of a host, whose blocks are whole numbers of
    `hop_length` at any rate.

    The window lasts as long as in training. From frame to frame it is a power of two times
    `hop_length`, `densest` to twice `densest` times as long as in training, in seconds.

    Args:
        n_fft, hop_length, synthesis_length: of the training, in samples.
        trained_rate, rate: Hz.
        densest: see above.

    Example:
        >>> sizes = sizes_at_rate(2048, 512, 2048, 44100, 96000)
        >>> sizes.n_fft, sizes.hop_length, sizes.num_bins, sizes.hops_per_frame
        (4455, 1024, 1025, 2)
    """
    ratio = rate / trained_rate
    window = _quick_length(n_fft * ratio)
    hops_per_frame = frames_per_hop = 1
    while 2 * hops_per_frame * densest <= ratio:
        hops_per_frame *= 2
    while densest > ratio * frames_per_hop and 2 * frames_per_hop <= hop_length:
        frames_per_hop *= 2
    hop = hop_length * hops_per_frame // frames_per_hop
    kept = min(max(synthesis_length * window // n_fft, 2 * hop), window)
    num_bins = min(n_fft, window) // 2 + 1
    delay = window - hop - (window - kept) // 2
    return TransformSizes(window, hop, kept, num_bins, hops_per_frame, frames_per_hop, delay)


def _quick_length(exact: float, max_cents: float = MAX_CENTS) -> int:
    """The whole number within `max_cents` of a length whose largest prime factor is the smallest;
    the nearest one if there is none. Fourier transforms of prime lengths take four times as long.
    """
    nearest = math.floor(exact + 0.5)
    reach = exact * (2.0 ** (max_cents / 1200.0) - 1.0)
    best, least = nearest, _largest_prime(nearest)
    for distance in range(1, int(reach) + 1):
        for length in [nearest - distance, nearest + distance]:
            prime = _largest_prime(length)
            if prime < least and abs(length - exact) <= reach:
                best, least = length, prime
    return best


def _largest_prime(number: int) -> int:
    largest, factor = 1, 2
    while factor * factor <= number:
        if number % factor == 0:
            number = number // factor
            largest = factor
        else:
            factor += 1
    return max(largest, number)
