"""The contract of nn~: what a TorchScript module must offer to be an object in Max or PureData.

A method takes and gives one float tensor `[B, channels, T / ratio]`; `<method>_params` holds its
channels and ratios; settings are `set_<name>` and `get_<name>` with their types in `<name>_params`.
The host repeats its last block if a method throws, and passes NaN to the loudspeakers, so that a
method here does neither.
"""

import torch
from torch import Tensor, nn

from vschaos.models.base import Attribute, Control, Method, Stream

ATTRIBUTE_TYPES = {"bool": 0, "int": 1, "float": 2, "str": 3}  # nn~'s numbers for them
READ_ONLY = {  # how the scripted module answers
    "min_buffer_size": "self.hop_length",
    "latency": "self.stream.get_delay()",
    "model_rate": "self.model_rate",
}
WARM_UP_CALLS = 2  # TorchScript watches the first call and compiles in the second
WARM_UP_HOPS = 4


def all_attributes(stream: Stream, sample_rate: int) -> list[Attribute]:
    """What can be set and asked: the stream's own, and those that every model has.

    Args:
        stream: what is played.
        sample_rate: Hz.
    """
    smallest = "samples in the smallest buffer that works"
    latency = "samples from input to output of forward, as it is set now"
    return [
        *stream.attributes,
        Attribute("reset", "bool", "1 forgets all that was heard", False),
        Attribute("min_buffer_size", "int", smallest, stream.hop_length, is_read_only=True),
        Attribute("latency", "int", latency, stream.delay, is_read_only=True),
        Attribute("model_rate", "int", "Hz of the training", sample_rate, is_read_only=True),
    ]


@torch.jit.interface
class Part(nn.Module):
    """One method of a stream.

    Behind an interface it keeps what it compiled, whoever calls it: so it can be warmed up while
    the host still asks what methods there are.
    """

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass


class NNTilde(nn.Module):
    """A stream behind the contract; its methods and settings are added once it is scripted.

    Args:
        stream: what is played.
        scripted: the same, scripted.
        sample_rate: Hz.
    """

    def __init__(self, stream: Stream, scripted: torch.jit.ScriptModule, sample_rate: int) -> None:
        super().__init__()
        self.stream = scripted
        self.is_warm = False
        self.hop_length = stream.hop_length
        self.model_rate = sample_rate
        self.method_names = [method.name for method in stream.methods]
        attributes = all_attributes(stream, sample_rate)
        self.attribute_names = [attribute.name for attribute in attributes]
        for method in stream.methods:
            params = [len(method.inlets), method.in_ratio, len(method.outlets), method.out_ratio]
            self.register_buffer(f"{method.name}_params", torch.tensor(params))
            setattr(self, f"{method.name}_input_labels", [inlet.name for inlet in method.inlets])
            setattr(
                self, f"{method.name}_output_labels", [outlet.name for outlet in method.outlets]
            )
        for attribute in attributes:
            kind = ATTRIBUTE_TYPES[attribute.type]
            self.register_buffer(f"{attribute.name}_params", torch.tensor([kind]))

    @torch.jit.export
    def get_attributes(self) -> list[str]:
        return self.attribute_names

    @torch.jit.export
    def set_sample_rate(self, sample_rate: int) -> int:
        """The host tells its rate, sometimes a nonsensical one; the model keeps its own."""
        return 0

    @torch.jit.export
    def set_reset(self, reset: bool) -> int:
        if reset:
            self.stream.restart()
        return 0

    @torch.jit.export
    def get_reset(self) -> list[bool]:
        return [False]


def _tamed(values: Tensor, bounds: Tensor) -> Tensor:
    """`[B, C, N]` within the lowest and highest values `bounds[0]` and `bounds[1]` of each channel,
    `bounds[2]` where there is no number."""
    low, high, missing = bounds[0], bounds[1], bounds[2]
    finite = torch.where(torch.isfinite(values), values, missing)
    return torch.minimum(torch.maximum(finite, low), high)


def _bounds(controls: list[Control]) -> Tensor:
    """Lowest and highest values that are let through, and the one in place of what is no number:
    `[3, C, 1]`. Full scale of sound is passed by up to 12 dB."""
    rows = []
    for control in controls:
        if control.unknown_below is not None:
            unknown = control.unknown_below - 1.0
            rows.append((unknown, control.high, unknown))
        elif control.unit == "amplitude":
            rows.append((4.0 * control.low, 4.0 * control.high, 0.0))
        else:
            rows.append((-100.0, 100.0, 0.0))
    return torch.tensor(rows).T.unsqueeze(2)


def script_stream(stream: Stream, sample_rate: int) -> torch.jit.ScriptModule:
    """Scripts a stream as nn~ wants it.

    Args:
        stream: of a trained model, in evaluation mode.
        sample_rate: Hz.

    Raises:
        ValueError: names that nn~ could not tell apart.
    """
    names = [method.name for method in stream.methods]
    names += [attribute.name for attribute in stream.attributes]
    if len(set(names)) != len(names):
        raise ValueError(f"methods and attributes must differ in name, {names} came")
    # a class of its own: TorchScript shares types, and methods can be added to a type only once
    parts = {f"{method.name}_part": Part for method in stream.methods}
    instrument = type("Instrument", (NNTilde,), {"__annotations__": parts})
    core = torch.jit.script(stream)
    unscripted = instrument(stream, core, sample_rate)
    for method in stream.methods:
        setattr(unscripted, f"{method.name}_part", _part(core, method, stream.hop_length))
    scripted = torch.jit.script(unscripted.eval())
    scripted.define(_warm_up_source(stream))
    for method in stream.methods:
        scripted.define(_method_source(method))
    for attribute in stream.attributes:
        scripted.define(_attribute_source(attribute))
    for name, value in READ_ONLY.items():
        scripted.define(_read_only_source(name, value))
    return scripted


class BoundedPart(nn.Module):
    """A method of a stream that takes any numbers, and gives as many finite ones as are asked for.

    Args:
        stream: scripted.
        method: of it.
        hop_length: samples.
    """

    input_bounds: Tensor
    output_bounds: Tensor

    def __init__(self, stream: torch.jit.ScriptModule, method: Method, hop_length: int) -> None:
        super().__init__()
        self.stream = stream
        self.hop_length = hop_length
        self.in_ratio = method.in_ratio
        self.out_ratio = method.out_ratio
        self.register_buffer("input_bounds", _bounds(method.inlets))
        self.register_buffer("output_bounds", _bounds(method.outlets))

    @torch.jit.export
    def whole_hops(self, values: Tensor) -> Tensor:
        """Finite and within bounds, filled with zeros up to a whole number of hops."""
        missing = (-values.shape[2] * self.in_ratio) % self.hop_length // self.in_ratio
        return nn.functional.pad(_tamed(values, self.input_bounds), (0, missing))

    @torch.jit.export
    def as_asked(self, values: Tensor, length: int) -> Tensor:
        """Finite and within bounds, cut to the length that the host counts on."""
        return _tamed(values, self.output_bounds)[:, :, : length * self.in_ratio // self.out_ratio]


def _part(core: torch.jit.ScriptModule, method: Method, hop_length: int) -> torch.jit.ScriptModule:
    # a class of its own: TorchScript shares types, and methods can be added to a type only once
    kind = type(f"{method.name.title()}Part", (BoundedPart,), {})
    part = torch.jit.script(kind(core, method, hop_length))
    part.define(f"""
def forward(self, x: Tensor) -> Tensor:
    return self.as_asked(self.stream.{method.name}(self.whole_hops(x)), x.shape[2])
""")
    return part


def _warm_up_source(stream: Stream) -> str:
    """The first question of a host, while nothing is played yet, is a time to compile."""
    calls = "\n".join(
        f"            self.{method.name}_part.forward(torch.zeros([1, {len(method.inlets)}, "
        f"{WARM_UP_HOPS * stream.hop_length // method.in_ratio}]))"
        for method in stream.methods
    )
    return f"""
def get_methods(self) -> List[str]:
    if not self.is_warm:
        self.is_warm = True
        for _ in range({WARM_UP_CALLS}):
{calls}
        self.stream.reset()
    return self.method_names
"""


def _method_source(method: Method) -> str:
    return f"""
def {method.name}(self, x: Tensor) -> Tensor:
    return self.{method.name}_part.forward(x)
"""


def _attribute_source(attribute: Attribute) -> str:
    name, kind = attribute.name, attribute.type
    return f"""
def set_{name}(self, value: {kind}) -> int:
    return self.stream.set_{name}(value)

def get_{name}(self) -> List[{kind}]:
    return [self.stream.get_{name}()]
"""


def _read_only_source(name: str, value: str) -> str:
    return f"""
def set_{name}(self, value: int) -> int:
    return -1

def get_{name}(self) -> List[int]:
    return [{value}]
"""
