"""A room: the direct sound, and a tail of noise bands that decay, learnt from a few numbers."""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp.noise import WhiteNoise
from vschaos.voices import with_rows

LOWEST_CENTRE_HZ = 125.0  # of the bands, octaves apart
ONSET_SECONDS = 0.002  # of the tail, after its pre-delay
LONGEST_PRE_DELAY_SECONDS = 0.1
NOTHING = 3e-7  # -130 dB; what sums to less at the end of a tail is not played
FADE = 0.05  # share of the tail's length over which it ends, however slowly it decays


class Room(nn.Module):
    """Reverberation by an impulse response of exponentially decaying noise in octave bands
    (Moorer 1979), added to the direct sound.

    Three parameters a band or room, each of the order of 1 so that one learning rate suits all:
    `level`, the energy of a band's tail against the direct sound's, in units of 20 dB; `decay`, the
    natural logarithm of its reverberation time (-60 dB) in seconds; `onset`, the pre-delay before a
    sigmoid of 0 to 100 ms. The noise is that of a seed.

    Args:
        sample_rate: Hz.
        duration_seconds: of the tail.
        num_bands: octaves around 125, 250, ... Hz; the first and the last reach to 0 Hz and to the
            Nyquist frequency.
        seed: of the noise.

    Example:
        >>> room = Room(44100, duration_seconds=0.5)
        >>> room(torch.rand(2, 1000)).shape
        torch.Size([2, 1000])
    """

    noise: Tensor
    time: Tensor
    fade: Tensor

    def __init__(
        self, sample_rate: int, duration_seconds: float = 1.0, num_bands: int = 7, seed: int = 0
    ) -> None:
        super().__init__()
        highest = LOWEST_CENTRE_HZ * 2 ** (num_bands - 1)
        if num_bands < 1 or highest >= sample_rate / 2:
            raise ValueError(
                "num_bands must be 1 or more, and its highest centre, 125 Hz * 2^(num_bands - 1), "
                f"below {sample_rate / 2:g} Hz; got {num_bands}"
            )
        self.sample_rate = sample_rate
        self.length = int(duration_seconds * sample_rate)
        self.level = nn.Parameter(torch.full([num_bands, 1], -1.5))
        self.decay = nn.Parameter(torch.full([num_bands, 1], math.log(0.5)))
        self.onset = nn.Parameter(torch.full([], -2.0))
        time = torch.arange(self.length, dtype=torch.float64) / sample_rate
        left = 1.0 - time / duration_seconds
        self.register_buffer("time", time.float(), persistent=False)
        self.register_buffer("fade", (left / FADE).clamp(0.0, 1.0).float(), persistent=False)
        self.register_buffer("noise", self._bands(num_bands, seed), persistent=False)

    def forward(self, audio: Tensor, amount: float = 1.0) -> Tensor:
        """`[B, T]` -> `[B, T]`: the sound, and `amount` (0..1) of its tail as far as it goes."""
        if amount == 0.0:
            return audio
        size = audio.shape[-1] + self.length
        response = torch.fft.rfft(self.impulse_response(), n=size)
        tail = torch.fft.irfft(torch.fft.rfft(audio, n=size) * response, n=size)
        return audio + amount * tail[..., : audio.shape[-1]]

    @torch.no_grad()
    def take(self, decay_seconds: Tensor, level_db: Tensor) -> None:
        """Sets reverberation times and the energies of the tails in the bands, `[num_bands]`."""
        self.decay.copy_(torch.log(decay_seconds).unsqueeze(1))
        self.level.copy_(level_db.unsqueeze(1) / 20.0)

    def impulse_response(self) -> Tensor:
        """The tail, without the direct sound: `[L]`."""
        falling = math.log(1000.0) / torch.exp(self.decay)  # per second; -60 dB in amplitude
        # of energy 1 from 0 s to infinity, for noise of RMS 1
        scale = torch.sqrt(2.0 * falling / self.sample_rate) * torch.pow(10.0, self.level)
        pre_delay = LONGEST_PRE_DELAY_SECONDS * torch.sigmoid(self.onset)
        since = self.time - pre_delay
        rising = (since / ONSET_SECONDS).clamp(0.0, 1.0)
        bands = scale * torch.exp(-falling * since.clamp_min(0.0)) * self.noise
        return bands.sum(0) * rising * self.fade

    def _bands(self, num_bands: int, seed: int) -> Tensor:
        """Noise in octaves whose sum is white, of RMS 1: `[num_bands, L]`."""
        white = WhiteNoise(seed)(torch.zeros(1, dtype=torch.int64), 1, self.length)[0]
        spectrum = torch.fft.rfft(white.double())
        frequencies = torch.fft.rfftfreq(self.length, 1.0 / self.sample_rate).double()
        octaves = torch.log2(frequencies.clamp_min(1.0) / LOWEST_CENTRE_HZ)
        centres = torch.arange(num_bands, dtype=torch.float64).unsqueeze(1)
        place = octaves.clamp(0.0, num_bands - 1.0) - centres
        weights = torch.cos(0.5 * math.pi * place.clamp(-1.0, 1.0)).square()
        return torch.fft.irfft(spectrum * weights, n=self.length).float()


class StreamingRoom(nn.Module):
    """A room on a stream, without delay: its response in partitions of a hop (Gardner 1995).

    It holds the spectra of the response as it was when the stream was made. At an amount of 0
    nothing is computed or remembered.

    Args:
        room: weights as they are now.
        hop_length: samples of a partition; blocks are whole numbers of them.
    """

    partitions: Tensor
    spectra: Tensor
    past: Tensor

    def __init__(self, room: Room, hop_length: int = 256) -> None:
        super().__init__()
        self.hop_length = hop_length
        with torch.no_grad():
            response = room.impulse_response()
            left = response.abs().flip(0).cumsum(0).flip(0)  # at most, of a sound of 1
            response = response[: max(1, int((left > NOTHING).sum()))]
            lacking = -response.shape[0] % hop_length
            parts = nn.functional.pad(response, (0, lacking)).reshape(-1, hop_length)
            # the newest spectrum comes last, and meets the first part of the response; as real
            # numbers, which survive a change of the module's precision
            partitions = torch.view_as_real(torch.fft.rfft(parts, n=2 * hop_length).flip(0))
        num_parts, num_bins = partitions.shape[0], partitions.shape[1]
        self.num_parts = num_parts
        self.amount = 0.0
        self.register_buffer("partitions", partitions.contiguous(), persistent=False)
        self.register_buffer(
            "spectra", torch.zeros(1, num_parts - 1, num_bins, 2), persistent=False
        )
        self.register_buffer("past", torch.zeros(1, hop_length), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.spectra = torch.zeros_like(self.spectra)
        self.past = torch.zeros_like(self.past)
        self.amount = 0.0

    def forward(self, audio: Tensor, amount: float) -> Tensor:
        """`[B, N * hop_length]` -> the same, with `amount` (0..1) of the tail.

        A new amount is reached within the first hop, by a linear ramp.
        """
        if amount == 0.0 and self.amount == 0.0:
            return audio
        tail = self._tail(torch.nan_to_num(audio, 0.0, 0.0, 0.0))
        if amount != self.amount:
            ramp = torch.linspace(self.amount, amount, self.hop_length, device=audio.device)
            first = tail[:, : self.hop_length] * ramp
            tail = torch.cat([first, tail[:, self.hop_length :] * amount], 1)
        else:
            tail = tail * amount
        if amount == 0.0:
            self.reset()
        self.amount = amount
        return audio + tail

    def _tail(self, audio: Tensor) -> Tensor:
        hop, rows = self.hop_length, audio.shape[0]
        stream = torch.cat([with_rows(self.past, rows), audio], 1)
        self.past = stream[:, stream.shape[1] - hop :].clone()
        new = torch.view_as_real(torch.fft.rfft(stream.unfold(1, 2 * hop, hop)))
        spectra = torch.cat([with_rows(self.spectra, rows), new], 1)
        self.spectra = spectra[:, new.shape[1] :]
        spectra, partitions = torch.view_as_complex(spectra), torch.view_as_complex(self.partitions)
        # hop by hop: products of all hops at once would not fit into the cache
        sums: list[Tensor] = []
        for n in range(new.shape[1]):
            sums.append((spectra[:, n : n + self.num_parts] * partitions).sum(1))
        return torch.fft.irfft(torch.stack(sums, 1), n=2 * hop)[:, :, hop:].flatten(1)
