"""Scripts a stream for nn~, whose objects in Max and PureData it becomes.

A method maps a float tensor `[B, channels, T / ratio]` to another; `<method>_params` holds its
channels and ratios; attributes are `set_<name>` and `get_<name>` with their types in
`<name>_params`. The host repeats its last block if a method throws, and passes NaN to the
loudspeakers, so a method here does neither.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.export.bounds import bounds
from vschaos.instrument.controls import Attribute, Method
from vschaos.instrument.stream import Stream, script

ATTRIBUTE_TYPES = {"bool": 0, "int": 1, "float": 2, "str": 3}  # nn~'s numbers for them
READ_ONLY = {  # expressions of the scripted module
    "min_buffer_size": "self.hop_length",
    "latency": "self.engine.get_delay()",
    "model_rate": "self.model_rate",
}
WARM_UP_CALLS = 2  # TorchScript profiles the first call and compiles in the second
WARM_UP_HOPS = 4
# hosts may tell their rate to any model, and some tell nonsense
RATE_IGNORED = """
def set_sample_rate(self, value: int) -> int:
    return 0
"""
VERBS = ("get", "set")


def all_attributes(stream: Stream, sample_rate: int) -> list[Attribute]:
    """The attributes of a stream, and those that every model has.

    Args:
        stream: of a model.
        sample_rate: Hz.
    """
    smallest = "samples in the smallest buffer"
    latency = "samples from input to output, under the present settings"
    return [
        *stream.attributes,
        Attribute("reset", "bool", "1 clears all state", False),
        Attribute("min_buffer_size", "int", smallest, stream.hop_length, is_read_only=True),
        Attribute("latency", "int", latency, stream.delay, is_read_only=True),
        Attribute("model_rate", "int", "Hz of the training", sample_rate, is_read_only=True),
    ]


@torch.jit.interface
class EngineInterface(nn.Module):
    def call(self, method: int, x: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def number(self, name: str) -> float:  # type: ignore[empty-body]
        pass

    def set_number(self, name: str, value: float) -> None:
        pass

    def text(self, name: str) -> str:  # type: ignore[empty-body]
        pass

    def set_text(self, name: str, value: str) -> None:
        pass

    def reset(self) -> None:
        pass

    def restart(self) -> None:
        pass

    def get_delay(self) -> int:  # type: ignore[empty-body]
        pass


class Engine(nn.Module):
    """The only holder of a stream: its methods, for any numbers, finite or not, and its settings.

    Behind an interface TorchScript compiles `call` by itself, and the warm-up runs the code that a
    host will run. Nothing else may hold the stream: a loader searches the methods of a module for
    old convolutions as often as the module is held, 0.1 ms each.

    Args:
        stream: scripted.
        methods: of the stream.
        hop_length: samples.
    """

    def __init__(
        self, stream: torch.jit.ScriptModule, methods: list[Method], hop_length: int
    ) -> None:
        super().__init__()
        self.stream = stream
        for method in methods:
            setattr(self, f"{method.name}_limits", bounds(method, hop_length))

    @torch.jit.export
    def reset(self) -> None:
        self.stream.reset()

    @torch.jit.export
    def restart(self) -> None:
        self.stream.restart()

    @torch.jit.export
    def get_delay(self) -> int:
        delay: int = self.stream.get_delay()
        return delay


class NNTilde(nn.Module):
    """A stream as nn~ loads it; methods and attributes are defined once it is scripted.

    Args:
        stream: of a model.
        engine: of the same, scripted.
        sample_rate: Hz.
    """

    engine: EngineInterface

    def __init__(self, stream: Stream, engine: torch.jit.ScriptModule, sample_rate: int) -> None:
        super().__init__()
        self.engine = engine  # type: ignore[assignment]  # fits its interface
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
    def set_reset(self, reset: bool) -> int:
        if reset:
            self.engine.restart()
        return 0

    @torch.jit.export
    def get_reset(self) -> list[bool]:
        return [False]


def script_stream(stream: Stream, sample_rate: int) -> torch.jit.ScriptModule:
    """Scripts a stream for nn~.

    Args:
        stream: of a trained model, in evaluation mode.
        sample_rate: Hz.

    Raises:
        ValueError: a name that is taken, a method without inlets or outlets, or a ratio that does
            not divide the hop.
    """
    _check_names(stream, sample_rate)
    _check_methods(stream)
    # a class of its own: TorchScript shares types, and methods can be added to a type only once
    instrument = type("Instrument", (NNTilde,), {"__annotations__": NNTilde.__annotations__})
    unscripted = instrument(stream, _engine(stream), sample_rate)
    scripted = torch.jit.script(unscripted.eval())
    for number, method in enumerate(stream.methods):
        scripted.define(_method_source(number, method))
    scripted.define(_warm_up_source(stream))
    for attribute in stream.attributes:
        scripted.define(_attribute_source(attribute))
    for name, value in READ_ONLY.items():
        scripted.define(_read_only_source(name, value))
    if all(attribute.name != "sample_rate" for attribute in stream.attributes):
        scripted.define(RATE_IGNORED)
    _share_equal_buffers(scripted)
    return scripted


def _share_equal_buffers(scripted: torch.jit.ScriptModule) -> None:
    """Equal windows and states become one in memory and in the file: none is changed in place."""
    shared: dict[tuple[object, ...], Tensor] = {}
    for module in scripted.modules():
        for name, buffer in module.named_buffers(recurse=False):
            if buffer.numel() > 1:
                content = buffer.detach().contiguous().cpu().numpy().tobytes()
                key = (buffer.dtype, buffer.shape, buffer.stride(), content)
                setattr(module, name, shared.setdefault(key, buffer))


def _check_names(stream: Stream, sample_rate: int) -> None:
    methods = [method.name for method in stream.methods]
    attributes = [attribute.name for attribute in all_attributes(stream, sample_rate)]
    if len({*methods, *attributes}) != len(methods) + len(attributes):
        raise ValueError(f"methods and attributes must differ in name, got {methods + attributes}")
    reserved = {*dir(nn.Module()), *dir(NNTilde), "hop_length", "model_rate", "engine", "is_warm"}
    reserved -= {"forward"}
    for name in (*methods, *(f"{verb}_{a.name}" for a in stream.attributes for verb in VERBS)):
        if name in reserved:
            raise ValueError(f"a method or attribute must not hide nn~'s own, got {name!r}")


def _check_methods(stream: Stream) -> None:
    for method in stream.methods:
        if not method.inlets or not method.outlets:
            raise ValueError(f"{method.name} must have an inlet and an outlet, got {method}")
        for ratio in (method.in_ratio, method.out_ratio):
            if ratio < 1 or stream.hop_length % ratio:
                raise ValueError(
                    f"the ratios of {method.name} must divide the hop of {stream.hop_length} "
                    f"samples, got {ratio}"
                )


def _engine(stream: Stream) -> torch.jit.ScriptModule:
    engine = type("Engine", (Engine,), {})  # see `script_stream`
    scripted = torch.jit.script(engine(script(stream), stream.methods, stream.hop_length))
    for source in (_call_source(stream), *_settings_sources(stream)):
        scripted.define(source)
    return scripted


def _call_source(stream: Stream) -> str:
    """Flat, as the next: TorchScript makes nested branches of early returns, slow to compile."""
    calls = "".join(
        f"""
    if method == {number}:
        values = self.{method.name}_limits.whole_hops(x)
        output = self.{method.name}_limits.cut(self.stream.{method.name}(values), x.shape[2])"""
        for number, method in enumerate(stream.methods)
    )
    return f"""
def call(self, method: int, x: Tensor) -> Tensor:
    output = x{calls}
    return output
"""


class Held(NamedTuple):
    """Where a stream holds attributes of one type.

    Attributes:
        names: of the attributes.
        place: expression of the value, of `name` if there are several.
        type: of the value.
        on_change: see `Attribute`.
    """

    names: list[str]
    place: str
    type: str
    on_change: str


def _held(stream: Stream) -> list[Held]:
    own = [attribute for attribute in stream.attributes if hasattr(stream, attribute.name)]
    places = [Held([a.name], f"self.stream.{a.name}", a.type, a.on_change) for a in own]
    in_settings: dict[str, list[str]] = {}  # by `on_change`
    for attribute in stream.attributes:
        if attribute not in own:
            in_settings.setdefault(attribute.on_change, []).append(attribute.name)
    for on_change, names in in_settings.items():
        places.append(Held(names, "self.stream.settings[name]", "float", on_change))
    return places


def _settings_sources(stream: Stream) -> list[str]:
    """Getters and setters of values by name, the numbers and the texts."""
    held = _held(stream)
    return [
        *_getter_and_setter("number", float, [part for part in held if part.type != "str"]),
        *_getter_and_setter("text", str, [part for part in held if part.type == "str"]),
    ]


def _getter_and_setter(
    name: str, kind: type[float] | type[str], parts: list[Held]
) -> tuple[str, str]:
    gets, sets = "", ""
    for part in parts:
        changed = f"\n        self.stream.{part.on_change}()" if part.on_change else ""
        gets += f"""
    if name in {part.names!r}:
        value = {kind.__name__}({part.place})"""
        sets += f"""
    if name in {part.names!r}:
        {part.place} = {part.type}(value){changed}"""
    return (
        f"""
def {name}(self, name: str) -> {kind.__name__}:
    value = {kind()!r}{gets}
    return value
""",
        f"""
def set_{name}(self, name: str, value: {kind.__name__}) -> None:{sets}
    pass
""",
    )


def _warm_up_source(stream: Stream) -> str:
    """`get_methods` compiles: hosts call it first, before they play."""
    calls = "\n".join(
        _warm_up_call(number, method, stream.hop_length)
        for number, method in enumerate(stream.methods)
    )
    return f"""
def get_methods(self) -> List[str]:
    if not self.is_warm:
        self.is_warm = True
        for _ in range({WARM_UP_CALLS}):
{calls}
        self.engine.reset()
    return self.method_names
"""


def _warm_up_call(number: int, method: Method, hop_length: int) -> str:
    length = WARM_UP_HOPS * hop_length // method.in_ratio
    return (
        f"            self.engine.call({number}, torch.zeros([1, {len(method.inlets)}, {length}]))"
    )


def _method_source(number: int, method: Method) -> str:
    return f"""
def {method.name}(self, x: Tensor) -> Tensor:
    return self.engine.call({number}, x)
"""


def _attribute_source(attribute: Attribute) -> str:
    """Setter and getter of a declared attribute."""
    name, kind = attribute.name, attribute.type
    aliases = "".join(
        f"    if value == {alias!r}:\n        value = {choice!r}\n"
        for alias, choice in attribute.aliases
    )
    by, held = ("text", "str") if kind == "str" else ("number", "float")
    return f"""
def set_{name}(self, value: {kind}) -> int:
{aliases}    if not ({_is_allowed(attribute)}):
        return -1
    self.engine.set_{by}({name!r}, {held}(value))
    return 0

def get_{name}(self) -> List[{kind}]:
    return [{kind}(self.engine.{by}({name!r}))]
"""


def _is_allowed(attribute: Attribute) -> str:
    """An expression of `value`, false for NaN; `define` parses no chained comparisons."""
    if attribute.choices:
        return f"value in {list(attribute.choices)!r}"
    if attribute.type == "bool" or attribute.type == "str":
        return "True"
    number = int if attribute.type == "int" else float
    return f"{number(attribute.low)!r} <= value and value <= {number(attribute.high)!r}"


def _read_only_source(name: str, value: str) -> str:
    return f"""
def set_{name}(self, value: int) -> int:
    return -1

def get_{name}(self) -> List[int]:
    return [{value}]
"""
