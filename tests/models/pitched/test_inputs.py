"""Controls as a network is told them."""

import torch

from vschaos.models.pitched.inputs import ControlInputs


def told(inputs: ControlInputs, notes: list[float]) -> torch.Tensor:
    controls = torch.zeros(1, 3, len(notes))
    controls[0, 0] = torch.tensor(notes)
    result: torch.Tensor = inputs(controls)
    return result[0]


def test_notes_beyond_the_training_are_told_as_the_nearest_of_it() -> None:
    inputs = ControlInputs(0)
    before = told(inputs, [20.0, 50.0, 60.0, 70.0, 110.0])
    assert len(before.unique(dim=1).T) == 5
    melody = torch.linspace(50.0, 70.0, 1000)
    melody[:3] = 0.0  # not heard right
    inputs.fit(melody)
    after = told(inputs, [0.0, 20.0, 60.0, 110.0, 127.0])
    assert torch.equal(after[:, 0], after[:, 1])
    assert torch.equal(after[:, 3], after[:, 4])
    assert torch.equal(after[:, 2], before[:, 2])
    expected = told(ControlInputs(0), [50.1, 69.9])
    assert (after[:, [0, 4]] - expected).abs().max() < 0.05  # a hundredth of the waves' period
