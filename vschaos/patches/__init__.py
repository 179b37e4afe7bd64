"""Patches for Max and PureData, made from the card of a model."""

from vschaos.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vschaos.patches.writing import write_example, write_patches

__all__ = ["write_example", "write_patches"]

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, __all__, "writing")
