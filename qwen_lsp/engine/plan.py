"""How a model is loaded here: window, cache, layers on the graphics processor. Rules, no doing.

- The window is as long as the model's own limit, as can be evaluated within half a minute, and as
  fits into memory; never shorter than the server needs.
- The cache is kept in f16. On a graphics processor it is q8_0, half as large, where f16 leaves no
  room for the window that would be useful. Without one it is q8_0 only where f16 leaves no room for
  the smallest window: it needs flash attention, which is slow on a CPU.
- All layers go to the graphics processor, or as many as have room beside the smallest window.
- YaRN stretches a window only where the user asks for a longer one than the model has, since it
  costs a little of the quality on short texts.

What the user sets counts instead of a rule, as far as it is possible.
"""

from dataclasses import dataclass, replace

from qwen_lsp.errors import ModelError, NoRoom
from qwen_lsp.models import fit
from qwen_lsp.models.fit import Weights
from qwen_lsp.models.machine import Machine

ALL_LAYERS = -1
GB = 1e9


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user set of it; the defaults leave it to the rules."""

    context: int = 0
    kv_type: str = ""
    gpu_layers: int = ALL_LAYERS


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided: tokens, the cache's type, layers on the device, and YaRN's factor."""

    window: int
    kv_type: str = "f16"
    gpu_layers: int = 0
    stretch: float = 1.0

    @property
    def cache_format(self) -> str:
        """What a saved part of the cache depends on, besides the model; "" for the usual one."""
        parts = [] if self.kv_type == "f16" else [self.kv_type]
        parts += [f"yarn {self.stretch:g}"] if self.stretch > 1 else []
        return " ".join(parts)


def plan_of_unknown(name: str, size: int, context: int, machine: Machine, wishes: Wishes) -> Plan:
    """Return the plan for a model of a kind whose shape says nothing; `size` in bytes.

    Raises:
        NoRoom: it cannot fit.
        ModelError: a wish cannot be met.
    """
    on_device = bool(machine.devices) and wishes.gpu_layers != 0
    if not on_device and size > machine.available:
        raise _too_large(name, size, machine)
    _check_context(name, wishes.context, context)
    window = wishes.context or min(fit.USUAL_WINDOW, context)
    return Plan(window, wishes.kv_type or "f16", wishes.gpu_layers if on_device else 0)


def plan(  # noqa: PLR0913 - all that it depends on
    name: str,
    weights: Weights,
    machine: Machine,
    wishes: Wishes,
    *,
    stretched: int | None,
    prefill_per_s: float,
    sequences: int,
) -> Plan:
    """Return how a model is loaded.

    Args:
        name: for the user.
        weights: the model.
        machine: what there is now.
        wishes: what the user set.
        stretched: tokens that YaRN makes of the model's window; None if it does not.
        prefill_per_s: tokens of a prompt that are evaluated in a second, measured or usual.
        sequences: how many the cache has to hold; those of a hybrid model take memory each.

    Raises:
        NoRoom: it cannot fit.
        ModelError: a wish cannot be met.
    """
    _check_context(name, wishes.context, stretched or weights.context)
    longest = max(weights.context, wishes.context)
    stretch = longest / weights.context
    weights = replace(weights, context=longest)
    layers = _layers_on_device(weights, machine, wishes, sequences)
    all_on_device = layers == ALL_LAYERS
    device = machine.best_device
    room = fit.SHARE_OF_DEVICE * device.free if device and all_on_device else machine.available
    least = min(fit.SMALLEST_WINDOW, longest)
    if fit.least(weights, least, "q8_0", sequences) > room:
        raise _too_large(name, fit.least(weights, least, "q8_0", sequences), machine)
    wanted = wishes.context or min(longest, fit.useful_window(prefill_per_s))
    careful = room if all_on_device else fit.SHARE_OF_MEMORY * room
    windows = {
        kv_type: min(wanted, fit.longest_window(weights, careful, kv_type, sequences))
        for kv_type in ("f16", "q8_0")
    }
    kv_type = wishes.kv_type or _kv_type(windows, wanted, all_on_device=all_on_device)
    window = wishes.context or windows[kv_type] or least
    if fit.least(weights, window, kv_type, sequences) > room:
        raise NoRoom(
            f"A window of {window:,} tokens does not fit beside {name} "
            f"({fit.least(weights, window, kv_type, sequences) / GB:.1f} GB, {room / GB:.1f} GB "
            "are free): set `engine.context` lower, or remove it."
        )
    return Plan(window, kv_type, layers, stretch)


def _kv_type(windows: dict[str, int], wanted: int, *, all_on_device: bool) -> str:
    enough = wanted if all_on_device else 1
    return "f16" if windows["f16"] >= enough or not windows["q8_0"] else "q8_0"


def _layers_on_device(weights: Weights, machine: Machine, wishes: Wishes, sequences: int) -> int:
    device = machine.best_device
    if device is None or wishes.gpu_layers == 0:
        return 0
    if wishes.gpu_layers > 0:
        return wishes.gpu_layers
    room = fit.SHARE_OF_DEVICE * device.free
    smallest = fit.needed(weights, fit.SMALLEST_WINDOW, "f16", sequences)
    if smallest <= room:
        return ALL_LAYERS
    # Layers are about alike; what is no layer stays with the processor.
    beside = smallest - weights.bytes
    layers = weights.shape.layers
    return max(0, int(layers * (room - beside) / weights.bytes))


def _check_context(name: str, context: int, longest: int) -> None:
    if context > longest:
        raise ModelError(
            f"{name} has a window of at most {longest:,} tokens: set `engine.context` to that or "
            "less, or remove it."
        )


def _too_large(name: str, size: float, machine: Machine) -> NoRoom:
    return NoRoom(
        f"{name} needs about {size / GB:.1f} GB of memory and {machine.available / GB:.1f} GB are "
        "free: close other programs, or choose a smaller model (`qwen-lsp model recommend`)."
    )
