"""A second plug-in takes a description alone."""

import pytest

from tests.plugin.plugins import require_plugin
from vschaos.plugin.checking import check
from vschaos.plugin.description import parse_description, read_description
from vschaos.plugin.probing import describe


@pytest.mark.slow
def test_nekobi_is_hosted_and_its_presets_come_back() -> None:
    require_plugin("nekobi")
    described = read_description("nekobi")
    found = check(described)
    assert found.sounds
    assert found.is_deterministic
    assert found.is_preset_faithful
    probed = parse_description(describe(found.path).encode(), "nekobi.yaml")
    assert [one.called for one in probed.parameters] == [one.called for one in described.parameters]
    assert [one.kind for one in probed.parameters] == [one.kind for one in described.parameters]
