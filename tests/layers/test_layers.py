"""Blocks of networks and the distributions they put out."""

import torch

from vschaos.layers import Gaussian, Perceptron, gaussian, sample


def test_a_perceptron_sees_each_frame_by_itself_and_scripts() -> None:
    network = torch.jit.script(Perceptron(6, 3, hidden_dims=[8, 8], dropout=0.1).eval())
    frames = torch.randn(2, 6, 5)
    output = network(frames)
    assert output.shape == (2, 3, 5)
    assert torch.allclose(network(frames[:, :, 2:3]), output[:, :, 2:3], atol=1e-6)


def test_beside_hidden_layers_a_linear_path_tells_what_they_never_learnt() -> None:
    """They saturate far from the training; a line goes on."""
    torch.manual_seed(0)
    near, far = torch.randn(256, 4, 1), 30 * torch.randn(64, 4, 1)
    truth = torch.nn.Linear(4, 3)
    errors = []
    for has_linear_path in (False, True):
        network = Perceptron(4, 3, [16, 16], has_linear_path=has_linear_path)
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
        for _ in range(200):
            optimizer.zero_grad()
            loss = (network(near)[:, :, 0] - truth(near[:, :, 0])).square().mean()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            errors.append(float((network(far)[:, :, 0] - truth(far[:, :, 0])).square().mean()))
    assert errors[1] < 0.5 * errors[0]


def test_samples_have_the_mean_and_deviation_asked_for() -> None:
    torch.manual_seed(0)
    distribution = Gaussian(torch.full((1, 1, 20000), 2.0), torch.full((1, 1, 20000), -2.0))
    for temperature in (0.5, 1.0):
        drawn = sample(distribution, temperature)
        assert abs(float(drawn.mean()) - 2.0) < 0.02
        assert abs(float(drawn.std()) - temperature * torch.e**-1) < 0.01
    assert torch.equal(sample(distribution, 0.0), distribution.mean)


def test_log_variances_are_bounded() -> None:
    mean, log_variance = gaussian(torch.tensor([[[1.0], [1e9]]]))
    assert mean.tolist() == [[[1.0]]]
    assert log_variance.tolist() == [[[6.0]]]
