"""Moves the partials of a tone so that its descriptors are those that are asked for."""

import torch
from torch import Tensor, nn

from vschaos.dsp.descriptors import Descriptors

# of the Gauss-Newton method: two deviations of a usual instrument are met within .2; each costs a
# tenth of a training, and .01 of real time at buffers of 512
STEPS = 2
RELUCTANCE = 0.05  # squared standard deviations that a change of the largest size costs
MIDDLE = 2.0  # octaves above the fundamental, about which the third direction is a parabola
# most of a step, and most of all of them, along each direction: nepers an octave, nepers, nepers an
# octave squared
LARGEST_STEP = (1.0, 2.0, 0.2)
LARGEST_CHANGE = (2.5, 4.5, 0.4)


class Obedience(nn.Module):
    """Changes a spectrum by little, until brightness, odd to even and richness are as asked for.

    Three directions of the log amplitudes do: a tilt over the octaves moves the brightness, a gain
    of the odd partials their ratio to the even ones, a parabola over the octaves the richness. They
    are smooth, so what is fine in a spectrum stays. With the shares `p` of the partials,
    `x` = (log2 k - 2, is odd, (log2 k - 2)^2) and `s` the slopes of the log weights in the log
    amplitudes, the change of the mean of `x_i` by direction `x_j` is a covariance under `p s`: a
    step of the Gauss-Newton method needs no more than a product of `p`, `p s` and the powers with a
    constant matrix. Changes have a cost, so that what a pitch with few partials cannot have is
    approached, and no more. All is differentiable: a network that is trained through it learns what
    the descriptors leave open.

    Args:
        describe: of the descriptors; shared.
    """

    directions: Tensor
    moments: Tensor
    largest_step: Tensor
    largest_change: Tensor
    costs: Tensor

    def __init__(self, describe: Descriptors) -> None:
        super().__init__()
        self.steps, self.middle = STEPS, MIDDLE
        self.knee, self.least_odd = describe.knee, describe.least_share
        self.odd_span = 1.0 - 2.0 * describe.least_share
        self.per_neper = describe.per_neper
        octaves = describe.octaves[:, 0] - MIDDLE
        directions = torch.stack([octaves, describe.is_odd[:, 0], octaves.square()])
        products = (directions[:, None] * directions).flatten(0, 1)
        moments = torch.cat([torch.ones(1, len(octaves)), directions, products]).T
        self.register_buffer("directions", directions.double(), persistent=False)
        self.register_buffer("moments", moments.double().contiguous(), persistent=False)
        self.register_buffer("largest_step", torch.tensor(LARGEST_STEP).double(), persistent=False)
        self.register_buffer(
            "largest_change", torch.tensor(LARGEST_CHANGE).double(), persistent=False
        )
        costs = RELUCTANCE / self.largest_change.square()
        self.register_buffer("costs", costs, persistent=False)

    def forward(self, amplitudes: Tensor, wanted: Tensor, spread: Tensor) -> Tensor:
        """Gains of the partials, in nepers, `[B, K, N]`.

        Args:
            amplitudes: `[B, K, N]`, 0 for partials that are not there.
            wanted: brightness, odd to even and richness, `[B, 3, N]`.
            spread: their standard deviations, `[3, 1]`: what is as important.
        """
        rows, num = amplitudes.shape[0], amplitudes.shape[2]
        given = amplitudes.transpose(1, 2).reshape(rows * num, amplitudes.shape[1])
        goal = wanted.transpose(1, 2).reshape(rows * num, 3).double()
        change, gains = torch.zeros_like(goal), torch.zeros_like(given)
        scale = spread[:, 0].double().reciprocal()
        for step in range(self.steps):
            moved = given if step == 0 else given * torch.exp(gains)
            change = change + self._step(moved, change, goal, scale)
            change = torch.clamp(change, -self.largest_change, self.largest_change)
            gains = (change @ self.directions).to(given.dtype)
        return gains.reshape(rows, num, amplitudes.shape[1]).transpose(1, 2)

    def _step(self, amplitudes: Tensor, change: Tensor, goal: Tensor, scale: Tensor) -> Tensor:
        """Coefficients of the directions `[n, 3]`, for amplitudes `[n, K]` after a change."""
        relative = amplitudes * (amplitudes.square().sum(1, keepdim=True) + 1e-20).rsqrt()
        power = relative.square()
        above = relative + self.knee
        weights = power / above
        sensitive = torch.addcdiv(weights, weights, above, value=self.knee)
        # in float64: covariances may be nearly singular, and the order of sums must not count
        measured = torch.stack([weights, sensitive, power]).double() @ self.moments
        # weights and their slopes by the sum of the weights; that of the powers is 1
        means = measured[:2] / (measured[:1, :, :1] + 1e-12)
        mean, slope, power_mean = means[0, :, 1:4], means[1, :, 1:4], measured[2, :, 1:4]
        centred = torch.addcmul(slope, means[1, :, :1], power_mean, value=-1.0)
        covariance = means[1, :, 4:].reshape(-1, 3, 3)
        both = torch.stack([slope, mean], 2) @ torch.stack([power_mean, centred], 1)
        by_tilt, by_odd, by_bend = (covariance - both).unbind(1)
        # from the means to the descriptors
        centroid, odd, square = mean.unbind(1)
        odd = self.odd_span * odd + self.least_odd
        richness = (square - centroid.square()).clamp_min(1e-4).sqrt()
        now = torch.stack([centroid + self.middle, self.per_neper * torch.logit(odd), richness], 1)
        steepness = (self.per_neper * self.odd_span) / (odd * (1.0 - odd))
        by_bend = torch.addcmul(0.5 * by_bend, centroid.unsqueeze(1), by_tilt, value=-1.0)
        by_odd, by_bend = by_odd * steepness.unsqueeze(1), by_bend / richness.unsqueeze(1)
        slopes = torch.stack([by_tilt, by_odd, by_bend], 1) * scale.unsqueeze(1)
        across = slopes.transpose(1, 2)
        towards = (across @ ((goal - now) * scale).unsqueeze(2)).squeeze(2)
        towards = torch.addcmul(towards, self.costs, change, value=-1.0)
        curvature = across @ slopes + self.costs.diag()
        # `solve` looks for singular matrices, in half of its time; these have their costs
        found = torch.linalg.solve_ex(curvature, towards.unsqueeze(2))[0].squeeze(2)
        # the direction is kept where a step is too large
        return found / (found.abs() / self.largest_step).amax(1, keepdim=True).clamp_min(1.0)
