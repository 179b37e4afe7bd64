"""What a network says of each knob: a distribution of its position."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from vschaos.instrument.synthesiser import CONTINUOUS, Knob

NUM_BINS = 20  # of a continuous knob
SPREAD = 0.04  # of positions: a target is told to the bins around it, too


class Heads(nn.Module):
    """Distributions of the positions of P knobs, each by itself.

    A continuous knob has evenly spaced bins, within which all positions are as likely; if it is an
    amount, then also the chance that it is off. A stepped knob or a switch has a chance for each
    step.

    Args:
        knobs: P of them.
        off: positions at which an amount is off, by the names of those that can be.
        held: positions of knobs that no sound tells, by name; nothing is learnt of them.
    """

    continuous: list[int]  # TorchScript does not know of what an empty list is
    amounts: list[int]
    amount_places: list[int]
    steps: list[int]
    num_steps: list[int]
    held: Tensor
    off: Tensor

    def __init__(
        self,
        knobs: Sequence[Knob],
        off: Mapping[str, float] | None = None,
        held: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        off, held = off or {}, held or {}
        names = [knob.name for knob in knobs]
        if unknown := sorted({*off, *held} - {*names}):
            raise ValueError(f"off and held must name knobs, {', '.join(names)}; got {unknown[0]}")
        found = [number for number, knob in enumerate(knobs) if knob.name not in held]
        is_continuous = [knob.kind == CONTINUOUS for knob in knobs]
        self.continuous = [number for number in found if is_continuous[number]]
        self.amounts = [number for number in self.continuous if names[number] in off]
        self.steps = [number for number in found if not is_continuous[number]]
        self.amount_places = [self.continuous.index(number) for number in self.amounts]
        self.num_steps = [knobs[number].num_steps for number in self.steps]
        self.num_knobs, self.num_bins = len(knobs), NUM_BINS
        self.num_binned = len(self.continuous) * NUM_BINS
        self.num_outputs = self.num_binned + len(self.amounts) + sum(self.num_steps)
        self.deviation = SPREAD * math.sqrt(2.0)
        positions = torch.tensor([held.get(name, 0.0) for name in names])
        self.register_buffer("held", positions, persistent=False)
        positions = torch.tensor([off[names[number]] for number in self.amounts])
        self.register_buffer("off", positions, persistent=False)

    def losses(self, outputs: Tensor, positions: Tensor, audible: Tensor) -> tuple[Tensor, Tensor]:
        """Means over what can be heard, in nats: of the continuous positions, and of all steps
        and switches.

        Args:
            outputs: `[B, num_outputs]`.
            positions: `[B, P]`.
            audible: whether a knob can be heard, `[B, P]`.
        """
        bins, amounts, steps = self._split(outputs)
        is_heard = audible[:, self.continuous].clone()
        is_off = self.is_off(positions)
        is_heard[:, self.amount_places] &= ~is_off
        soft = self._soft(positions[:, self.continuous])
        cross = -(soft * torch.log_softmax(bins, 2)).sum(2)
        of_positions = _mean(cross, is_heard)
        chosen = [
            nn.functional.binary_cross_entropy_with_logits(
                amounts, (~is_off).to(amounts.dtype), reduction="none"
            )
        ]
        for number, count, logits in zip(self.steps, self.num_steps, steps, strict=True):
            step = (positions[:, number] * (count - 1)).round().long()
            chosen.append(nn.functional.cross_entropy(logits, step, reduction="none")[:, None])
        heard = audible[:, self.amounts + self.steps]
        return of_positions, _mean(torch.cat(chosen, 1), heard)

    @torch.jit.export
    def mean(self, outputs: list[Tensor]) -> Tensor:
        """Outputs `[B, num_outputs]` whose chances are the means of those of all outputs."""
        if len(outputs) == 1:
            return outputs[0]
        bins: list[Tensor] = []
        amounts: list[Tensor] = []
        steps: list[list[Tensor]] = []
        for one in outputs:
            of_bins, of_amounts, of_steps = self._split(one)
            bins.append(torch.softmax(of_bins, 2))
            amounts.append(torch.sigmoid(of_amounts))
            steps.append([torch.softmax(logits, 1) for logits in of_steps])
        is_on = torch.stack(amounts).mean(0)
        parts = [_log(torch.stack(bins).mean(0)).flatten(1), _log(is_on) - _log(1.0 - is_on)]
        for number in range(len(self.steps)):
            parts.append(_log(torch.stack([chances[number] for chances in steps]).mean(0)))
        return torch.cat(parts, 1)

    @torch.jit.unused
    def place_of(self, number: int) -> int:
        """Where in the outputs the chances of a stepped knob begin."""
        before = self.num_steps[: self.steps.index(number)]
        return self.num_binned + len(self.amounts) + sum(before)

    @torch.jit.unused
    def is_off(self, positions: Tensor) -> Tensor:
        """Which amounts are off, `[B, P] -> [B, A]`."""
        return (positions[:, self.amounts] - self.off).abs() < 1e-6

    @torch.jit.unused
    def expected(self, outputs: Tensor, known: Tensor) -> Tensor:
        """The mean of each continuous position, with a gradient; steps, and which amounts are off,
        as they are in `known` `[B, P]`."""
        bins, _, _ = self._split(outputs)
        middles = (torch.arange(self.num_bins, device=bins.device) + 0.5) / self.num_bins
        means = (torch.softmax(bins, 2) * middles).sum(2)
        columns = list(known.unbind(1))
        is_off = dict(zip(self.amounts, self.is_off(known).unbind(1), strict=True))
        for place, number in enumerate(self.continuous):
            found = means[:, place]
            if number in is_off:
                found = torch.where(is_off[number], columns[number], found)
            columns[number] = found
        return torch.stack(columns, 1)

    def likeliest(self, outputs: Tensor) -> Tensor:
        """The median of each continuous knob and the likeliest step of the others, `[B, P]`."""
        return self.positions(outputs, torch.full([1, self.num_knobs, 2], 0.5), True)

    def positions(self, outputs: Tensor, uniform: Tensor, is_likeliest: bool = False) -> Tensor:
        """Positions by random numbers.

        Args:
            outputs: `[B, num_outputs]`.
            uniform: 0..1, `[B or 1, P, 2]`: of the position, and whether an amount is off.
            is_likeliest: takes the likeliest step instead.

        Returns:
            `[B, P]`.
        """
        bins, amounts, steps = self._split(outputs)
        found = self.held.to(outputs).expand(outputs.shape[0], -1).clone()
        if len(self.continuous) > 0:
            values = self._quantile(bins, uniform[:, self.continuous, 0])
            if len(self.amounts) > 0:
                is_on = uniform[:, self.amounts, 1] < torch.sigmoid(amounts)
                amounts = torch.where(is_on, values[:, self.amount_places], self.off)
                values[:, self.amount_places] = amounts
            found[:, self.continuous] = values
        for place, number in enumerate(self.steps):
            logits = steps[place]
            if is_likeliest:
                step = logits.argmax(1)
            else:
                below = torch.softmax(logits, 1).cumsum(1)
                step = (below < uniform[:, number, 0].unsqueeze(1)).sum(1)
            last = self.num_steps[place] - 1
            found[:, number] = step.clamp_max(last).to(outputs.dtype) / last
        return found

    def _split(self, outputs: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Logits of the bins `[B, C, K]`, of the amounts `[B, A]`, and of each step."""
        sizes = [self.num_binned, len(self.amounts)]
        sizes.extend(self.num_steps)
        parts = outputs.split(sizes, 1)
        bins = parts[0].unflatten(1, [len(self.continuous), self.num_bins])
        return bins, parts[1], list(parts[2:])

    def _soft(self, positions: Tensor) -> Tensor:
        """`[B, C]` -> the chances of the bins `[B, C, K]`: a normal distribution about each."""
        edges = torch.arange(1, self.num_bins, device=positions.device) / self.num_bins
        below = torch.erf((edges - positions.unsqueeze(2)) / self.deviation) * 0.5 + 0.5
        below = nn.functional.pad(below, [1, 0])
        return torch.diff(nn.functional.pad(below, [0, 1], value=1.0), dim=2)

    def _quantile(self, bins: Tensor, share: Tensor) -> Tensor:
        """Logits `[B, C, K]` and shares `[B or 1, C]` -> the positions below which so much lies."""
        chances = torch.softmax(bins, 2)
        below = chances.cumsum(2)
        share = share.expand(bins.shape[0], -1).unsqueeze(2)
        number = (below < share).sum(2, keepdim=True).clamp_max(self.num_bins - 1)
        chance = chances.gather(2, number)
        within = (share - below.gather(2, number) + chance) / chance.clamp_min(1e-9)
        return ((number + within.clamp(0.0, 1.0)) / self.num_bins).squeeze(2)


def _log(chances: Tensor) -> Tensor:
    return chances.clamp_min(1e-9).log()


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """Over what the mask lets through; 0 if that is nothing."""
    return (values * mask).sum() / mask.sum().clamp_min(1)
