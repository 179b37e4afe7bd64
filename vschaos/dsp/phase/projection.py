"""The projection onto spectra of sounds, as products of neighbouring bins."""

import math

import torch
from torch import Tensor, nn

REACH = 4  # bins on either side: 8 gain less than 0.05 dB
BLOCK = 16  # bins that a row of the product gives
WHOLE = 32  # bins; of as many, kernels round each alike, however many frames come at once
ONSET = 1.0  # hops before the end of the newest frame, where a sound after silence is guessed
LEAST = 0.02  # of the squared window a hop before its end, see `Projection`


def whole_width(num_bins: int, whole: int = WHOLE) -> int:
    """The number of bins, with silent ones up to whole runs of `whole`."""
    return (num_bins + whole - 1) // whole * whole


class Projection(nn.Module):
    """Overlaps and adds open frames to those before them, and transforms the sum again.

    What comes back of a frame is `c_k = sum_j P_kj * x_j`: a convolution of each spectrum x_j along
    the bins with the transform of a product of two windows, that by which frame j sounds and that
    by which frame k is cut out, over the sum of squared windows. Such products are smooth, so few
    bins on either side make up nearly all (the explicit consistency constraints of Le Roux, Ono &
    Sagayama, SAPA 2008). One matrix product over blocks of bins, each with those around it, takes a
    fraction of the time of two transforms.

    A little is added to the sum of squared windows: the product of the newest window with itself
    would end abruptly otherwise, and reach over all bins.

    A sum of 0 has no phase: there lies a click of -240 dB, about where an onset would be.

    All spectra count their phases from one time, the centre of the newest open frame: elsewhere
    they would need a turn before each sum.

    Args:
        look_ahead: L, open frames beside the newest.
        newest_weight: of the newest frame in the sum, above 0 to 1; 1 without look-ahead.
    """

    from_past: Tensor
    from_open: Tensor
    folded: Tensor
    folded_parts: Tensor
    parts: Tensor
    spread: Tensor
    click: Tensor

    def __init__(self, look_ahead: int, newest_weight: float) -> None:
        super().__init__()
        self.look_ahead = look_ahead
        self.newest_weight = newest_weight if look_ahead else 1.0
        self.reach, self.block, self.around = REACH, BLOCK, BLOCK + 2 * REACH
        self.least, self.onset = LEAST, ONSET
        self.num_past = 0
        for name in ("from_past", "from_open", "parts", "click"):
            self.register_buffer(name, torch.empty(0), persistent=False)
        for name in ("folded", "folded_parts", "spread"):
            self.register_buffer(name, torch.empty(0, dtype=torch.int64), persistent=False)

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, num_bins: int) -> None:
        """Takes the sizes of a transform (Hann): any window and hop, the lowest bins."""
        device = self.parts.device
        self.num_past = (n_fft - 1) // hop_length  # J, frames that overlap with the oldest open one
        starts = torch.arange(0, whole_width(num_bins), self.block).unsqueeze(1)
        bins = starts + torch.arange(-self.reach, self.block + self.reach)  # [blocks, around]
        # below 0 Hz and above the Nyquist frequency lie the conjugates of the others; seen from the
        # centre of a window of an odd length, those above are negative
        above = (2 * bins > n_fft).long()
        folded = (bins - above * n_fft).abs()
        is_there = (folded < num_bins).long() * (1 - 2 * above * (n_fft % 2))
        imaginary = is_there * torch.sign(bins) * torch.sign(n_fft - 2 * bins)  # 0 at both
        self.parts = torch.stack([is_there, imaginary], dim=2).float().to(device)
        folded = folded.clamp_max(num_bins - 1)
        self.folded = folded.flatten().to(device)
        self.folded_parts = self.folded.repeat_interleave(2)
        frames = self.look_ahead + 1
        places = folded // self.block * (frames * self.block) + folded % self.block
        slots = torch.arange(frames).unsqueeze(1) * self.block
        self.spread = (places.unsqueeze(1) + slots).flatten().to(device)
        late = 0.5 - self.onset * hop_length / n_fft
        angles = -2.0 * math.pi * late * torch.arange(folded.shape[0] * self.block).double()
        click = torch.stack([torch.cos(angles), torch.sin(angles)], dim=1).float()
        click = 1e-12 * click.view(-1, 1, self.block, 2).expand(-1, frames, -1, -1)
        self.click = click.flatten(1).to(device)
        both = self._coupling(n_fft, hop_length).to(device)
        self.from_past = both[: self.num_past].flatten(0, 2).flatten(1).clone()
        self.from_open = both[self.num_past :].flatten(0, 2).flatten(1).clone()

    def around_blocks(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes `[B, N, F]` -> those of real and imaginary parts in and around each block,
        `[B, N, blocks, around, 2]`."""
        rows, count = magnitudes.shape[0], magnitudes.shape[1]
        around = magnitudes.gather(2, self.folded_parts.expand(rows, count, -1))
        return around.view(rows, count, -1, self.around, 2) * self.parts

    def committed(self, past: Tensor) -> Tensor:
        """Committed frames `[B, blocks, J, around]`, complex -> what they make of the open ones,
        `[B, blocks, (L + 1) * block * 2]`."""
        rows = torch.view_as_real(past).view(past.shape[0], past.shape[1], -1)
        return rows @ self.from_past + self.click

    def forward(self, committed: Tensor, around: Tensor) -> Tensor:
        """Open frames `[B, blocks * (L + 1) * around, 2]`, and what committed ones make of them ->
        what comes back `[B, blocks, L + 1, block, 2]`."""
        rows = around.view(-1, self.from_open.shape[0])
        consistent = torch.addmm(committed.flatten(0, 1), rows, self.from_open)
        return consistent.view(around.shape[0], -1, self.look_ahead + 1, self.block, 2)

    def _coupling(self, n_fft: int, hop_length: int) -> Tensor:
        """Of frames that come in (committed, then open), their bins around a block and parts, and
        of open frames that come back, their bins of a block and parts:
        `[J + L + 1, around, 2, L + 1, block, 2]`."""
        hann = torch.hann_window(n_fft, dtype=torch.float64)
        count = self.num_past + self.look_ahead + 1
        span = n_fft + (count - 1) * hop_length
        windows = torch.zeros(count, span, dtype=torch.float64)
        for frame in range(count):
            windows[frame, frame * hop_length : frame * hop_length + n_fft] = hann
        sounding = windows.clone()
        sounding[-1] *= self.newest_weight
        least = self.least * hann[hop_length].square()
        cutting = windows[self.num_past :] / ((sounding * windows).sum(0) + least)
        products = sounding.unsqueeze(1) * cutting / n_fft  # [J + L + 1, L + 1, span]
        time = torch.arange(span, dtype=torch.float64) - (span - 0.5 * n_fft)
        bins = torch.arange(-self.reach, self.reach + 1)
        angles = -2.0 * math.pi / n_fft * time.unsqueeze(1) * bins
        # from each bin to each by their distance; further ones get the 0 at the end
        distance = torch.arange(self.block) - torch.arange(self.around).unsqueeze(1)
        places = distance + 2 * self.reach
        places = torch.where((places >= 0) & (places <= 2 * self.reach), places, bins.shape[0])
        real = nn.functional.pad(products @ torch.cos(angles), (0, 1))[:, :, places]
        imaginary = nn.functional.pad(products @ torch.sin(angles), (0, 1))[:, :, places]
        from_real = torch.stack([real, imaginary], dim=4)
        from_imaginary = torch.stack([-imaginary, real], dim=4)
        return torch.stack([from_real, from_imaginary], dim=3).permute(0, 2, 3, 1, 4, 5).float()
