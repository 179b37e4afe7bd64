"""Parameters, their laws and the chains that have them."""

from __future__ import annotations

import pytest
import torch

from vschaos.instrument.controls import Attribute
from vschaos.models.synth import CHAINS, PARAMETERS, chain_named
from vschaos.models.synth.chains import CABLES, MODULES
from vschaos.models.synth.laws import LAWS, position_of, value_at
from vschaos.models.synth.parameters import BY_NAME


def test_every_parameter_is_whole() -> None:
    assert len(BY_NAME) == len(PARAMETERS)
    for parameter in PARAMETERS:
        assert parameter.name.isidentifier()
        assert parameter.description
        assert parameter.law in LAWS
        assert parameter.low <= parameter.default <= parameter.high
        assert parameter.module in (*MODULES, *CABLES)
        Attribute(parameter.name, "float", parameter.description, parameter.default)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_law_and_its_inverse_meet(parameter) -> None:  # type: ignore[no-untyped-def]
    positions = torch.linspace(0.0, 1.0, 9, dtype=torch.float64)
    values = parameter.value_at(positions)
    assert abs(values[0] - parameter.low) < 1e-6
    assert abs(values[-1] - parameter.high) < 1e-6
    assert (values.diff() > 0).all()
    tolerance = 0.5 / 48 if parameter.law == "stepped" else 1e-9
    assert (parameter.position_of(values) - positions).abs().max() <= tolerance


def test_laws_move_as_they_say() -> None:
    middle = torch.tensor(0.5)
    assert value_at("log", 10.0, 1000.0, middle) == pytest.approx(100.0)
    assert value_at("cubic", 0.0, 8.0, middle) == pytest.approx(1.0)
    assert value_at("cubic", -60.0, 60.0, middle) == pytest.approx(0.0, abs=1e-4)
    assert value_at("stepped", -24.0, 24.0, torch.tensor(0.51)) == 0.0
    assert position_of("linear", -1.0, 1.0, torch.tensor(0.0)) == 0.5


def test_a_value_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"cutoff must be a number from 20 to 18000 Hz, got 5"):
        BY_NAME["cutoff"].check(5)
    with pytest.raises(ValueError, match=r"semitones_2 must be a whole number .* got 0.5"):
        BY_NAME["semitones_2"].check(0.5)
    for nonsense in (float("nan"), "7", None, True, [1]):
        with pytest.raises(ValueError, match=r"sustain must be a number from 0 to 1, got"):
            BY_NAME["sustain"].check(nonsense)


def test_a_chain_has_the_parameters_of_its_modules_and_cables() -> None:
    names = {name: {p.name for p in chain.parameters} for name, chain in CHAINS.items()}
    assert names["modular"] == set(BY_NAME)
    assert {"cutoff", "lfo_cutoff", "attack_2", "noise"} <= names["mono"]
    assert not {"shape_2", "mix", "index"} & names["mono"]
    assert names["two_osc"] - names["mono"] == {
        *("shape_2", "width_2", "semitones_2", "cents_2", "mix")
    }
    assert {"index", "index_envelope"} <= names["fm"]
    assert "cutoff" not in names["fm"]


def test_chains_play_those_that_they_include() -> None:
    assert CHAINS["modular"].includes(CHAINS["fm"])
    assert CHAINS["two_osc"].includes(CHAINS["mono"])
    assert not CHAINS["mono"].includes(CHAINS["two_osc"])
    with pytest.raises(ValueError, match=r"chain must be one of mono, .* got 'stereo'"):
        chain_named("stereo")
