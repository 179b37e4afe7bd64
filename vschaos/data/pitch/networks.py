"""Networks that find fundamental frequencies: CREPE and SwiftF0, as others have trained them."""

from __future__ import annotations

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.data.pitch.tracking import SAMPLE_RATE, Tracker

MODELS = ("full", "tiny", "swift")
HOP_LENGTHS = (16, 1600)  # samples: 1 ms to 100 ms
CREPE_HOP_LENGTH = 160
CREPE_WINDOW = 1024
CREPE_LOWEST_CENTS = 1997.3794084376191  # of its first bin, above 10 Hz
CREPE_CENTS_PER_BIN = 20.0
SWIFT_HOP_LENGTH = 256
SWIFT_CONTEXT = 11  # frames: half a window and the reach of its convolutions
SUBHARMONICS = (2, 3)
SUBHARMONIC_DB = -25.0
RESOLVED_HZ = 125.0  # pitches whose harmonics a spectrum of CREPE_WINDOW keeps apart
NUM_HARMONICS = 24


def make_tracker(model: str, hop_length: int | None = None, batch_size: int = 64) -> Tracker:
    """
    Args:
        model: `full` or `tiny` (torchcrepe), or `swift` (swift-f0, which must be installed).
        hop_length: samples at 16 kHz between frames, 16 to 1600; 160 by default, and always 256
            for `swift`.
        batch_size: frames that torchcrepe takes at a time.

    Raises:
        ValueError: another model or hop, or swift-f0 is not installed.
    """
    if model not in MODELS:
        raise ValueError(f"--model must be one of {', '.join(MODELS)}, got {model!r}")
    if model == "swift":
        if hop_length not in (None, SWIFT_HOP_LENGTH):
            raise ValueError(
                f"--hop_length: swift has a frame each {SWIFT_HOP_LENGTH} samples and no other "
                f"choice, got {hop_length}: leave the option out, or take --model full"
            )
        return Swift()
    low, high = HOP_LENGTHS
    hop_length = CREPE_HOP_LENGTH if hop_length is None else hop_length
    if not low <= hop_length <= high:
        raise ValueError(
            f"--hop_length must be {low} to {high} samples at {SAMPLE_RATE} Hz, got {hop_length}"
        )
    return Crepe(model, hop_length, batch_size)


class Crepe:
    """CREPE (Kim et al. 2018), as torchcrepe brings it; on a GPU of Nvidia if there is one.

    Its network is torchcrepe's, the decoding ours: torchcrepe 0.0.24 adds noise to the frequencies
    of its bins, drawn once per process for `weighted_argmax`, and takes the sigmoid of what is one
    already. The mean around the strongest bin is the one of the paper, and the same each time.
    """

    def __init__(self, capacity: str, hop_length: int, batch_size: int) -> None:
        import torch
        import torchcrepe

        self.name = f"torchcrepe-{capacity}"
        self.hop_length = hop_length
        self.context = -(-CREPE_WINDOW // 2 // hop_length)
        self.threshold = {"full": 0.5, "tiny": 0.7}[capacity]
        self.range_hz = (31.7, 2006.0)
        self._batch_size = batch_size
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        torchcrepe.load.model(self._device, capacity)
        self._network = torchcrepe.infer.model
        self._frames = torchcrepe.preprocess

    def __call__(self, audio: Waveform) -> tuple[np.ndarray, np.ndarray]:
        import torch

        num_frames = max(1, len(audio) // self.hop_length)
        batches = self._frames(
            torch.from_numpy(audio)[None],
            SAMPLE_RATE,
            self.hop_length,
            self._batch_size,
            self._device,
        )
        with torch.inference_mode():
            salience = torch.cat([self._network(batch).cpu() for batch in batches])
        pitch_hz, confidence = decode_salience(salience.numpy()[:num_frames])
        return lift_subharmonics(audio, pitch_hz, self.hop_length), confidence


def decode_salience(salience: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """CREPE's output `[N, 360]` to pitches in Hz and confidences, both `[N]`.

    Example:
        >>> salience = np.zeros((1, 360))
        >>> salience[0, 227:230] = 0.4, 0.9, 0.4
        >>> [values.round(2).tolist() for values in decode_salience(salience)]
        [[441.54], [0.9]]
    """
    strongest = salience.argmax(axis=1)
    around = strongest[:, None] + np.arange(-4, 5)
    inside = (around >= 0) & (around < salience.shape[1])
    around = around.clip(0, salience.shape[1] - 1)
    weights = np.take_along_axis(salience, around, axis=1) * inside
    bins = (weights * around).sum(axis=1) / weights.sum(axis=1).clip(1e-12)
    cents = CREPE_LOWEST_CENTS + CREPE_CENTS_PER_BIN * bins
    return 10.0 * 2.0 ** (cents / 1200), salience.max(axis=1)


def lift_subharmonics(audio: Waveform, pitch_hz: np.ndarray, hop_length: int) -> np.ndarray:
    """Pitches that the spectrum shows to be a half or a third of the true one, put right.

    Near the end of its range CREPE finds many notes a twelfth too low, and is sure of it. Of such a
    pitch only each second or third harmonic sounds: if the others are 25 dB weaker together,
    the pitch is multiplied.

    Args:
        audio: `[T]` at 16 kHz.
        pitch_hz: `[N]`, of frames centred at `n * hop_length`.

    Returns:
        `[N]`, in Hz.
    """
    padded = np.pad(audio, CREPE_WINDOW // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, CREPE_WINDOW)[::hop_length]
    windows = windows[: len(pitch_hz)] * np.hanning(CREPE_WINDOW).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(windows, 2 * CREPE_WINDOW)))
    harmonics = np.arange(1, NUM_HARMONICS + 1)
    levels = _power_at(power, pitch_hz[:, None] * harmonics)
    factor = np.ones(len(pitch_hz))
    for number in SUBHARMONICS:
        is_multiple = harmonics % number == 0
        others, multiples = levels[:, ~is_multiple].sum(axis=1), levels[:, is_multiple].sum(axis=1)
        factor[others < multiples * 10 ** (SUBHARMONIC_DB / 10)] = number
    return pitch_hz * np.where(pitch_hz > RESOLVED_HZ, factor, 1.0)


def _power_at(power: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Of spectra `[N, F]` at frequencies `[N, K]`, the strongest of five bins; 0 above Nyquist."""
    last = power.shape[1] - 1
    nearest = np.rint(frequency_hz / (SAMPLE_RATE / 2) * last).astype(int)
    around = (nearest[:, :, None] + np.arange(-2, 3)).clip(0, last)
    strongest = power[np.arange(len(power))[:, None, None], around].max(axis=2)
    return np.where(nearest <= last, strongest, 0.0)


class Swift:
    """SwiftF0 (Nieradzik 2025), of the package swift-f0: small and fast."""

    def __init__(self) -> None:
        try:
            import swift_f0
        except ImportError as error:
            raise ValueError(
                "--model swift needs swift-f0, which is not installed: "
                "pip install 'swift-f0>=0.3,<0.4'"
            ) from error
        self.name = f"swift-f0-{swift_f0.__version__}"
        self.hop_length = SWIFT_HOP_LENGTH
        self.context = SWIFT_CONTEXT
        self.threshold = 0.6
        self.range_hz = (swift_f0.FMIN, swift_f0.FMAX)
        self._detector = swift_f0.SwiftF0(spin=False)

    def __call__(self, audio: Waveform) -> tuple[np.ndarray, np.ndarray]:
        result = self._detector.detect(audio, SAMPLE_RATE)
        return result.pitch_hz, result.confidence
