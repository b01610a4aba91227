"""What is recommended on a machine: what fits of the models there are, how fast, and a pick.

For completions it is the largest model made for filling in that writes a line while somebody waits
for it; for edits and explanations the largest one that is done before patience is, and has room
beside the other. What may not be used at work is never picked. Pure, as the arithmetic is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from qwen_lsp.models import fit
from qwen_lsp.models.catalogue import Model
from qwen_lsp.models.fit import COMPLETION, EDIT, Speed, Weights
from qwen_lsp.models.machine import Machine
from qwen_lsp.models.shape import KV_BYTES

# Patience in milliseconds: a suggestion that comes later is typed by hand; an edit is waited for.
COMPLETION_MS, EDIT_MS = 600.0, 40_000.0
# What was made for filling in code; of the others it is only reported that they can.
CODERS = ("Qwen2.5-Coder", "Qwen3-Coder")


@dataclass(frozen=True, slots=True)
class Here:
    """This machine: what it has, and the speed of one model on it, measured or reckoned.

    `sequences` is how many the engine keeps, of models that are hybrid (True) and that are not.
    """

    machine: Machine
    speed: Speed
    measured: Weights
    sequences: Mapping[bool, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One model on this machine.

    Attributes:
        name: the catalogue's.
        here_as: the name under which it can be used at once; "" if it has to be fetched.
        completion_ms: until a line is written while the user types.
        edit_ms: until twenty lines are rewritten.
        windows: the longest window in tokens that fits, by what the cache is kept in; 0 for none.
        memory: bytes that it takes with the usual window.
    """

    name: str
    here_as: str
    completion_ms: float
    edit_ms: float
    windows: dict[str, int]
    memory: int

    @property
    def fits(self) -> bool:
        """Whether it can be loaded."""
        return any(self.windows.values())

    @property
    def has_usual_window(self) -> bool:
        """Whether it can be loaded with as long a window as the server is used to."""
        return max(self.windows.values()) >= fit.USUAL_WINDOW


@dataclass(frozen=True, slots=True)
class Advice:
    """The rows of all models, and the names of those that are picked; "" where nothing fits."""

    rows: tuple[Row, ...]
    completion: str
    edit: str


def advise(models: tuple[Model, ...], present: Mapping[str, str], here: Here) -> Advice:
    """Return what there is to say of models.

    `present` says of those that are here under which name.
    """
    rows = tuple(_row(model, here, present.get(model.name, "")) for model in models)
    known = {model.name: model for model in models}
    possible = [row for row in rows if row.has_usual_window and not known[row.name].terms]
    fillers = [row for row in possible if known[row.name].family in CODERS] or possible
    quick = [row for row in fillers if row.completion_ms <= COMPLETION_MS]
    completion = max(quick, key=lambda row: _merit(known[row.name]), default=_quickest(fillers))
    if completion is None:
        return Advice(rows, "", "")
    # Where they are two, both are loaded at once.
    left = fit.room_on(here.machine) - completion.memory
    patient = [row for row in possible if row.edit_ms <= EDIT_MS and row.memory <= left]
    edit = max([completion, *patient], key=lambda row: _merit(known[row.name]))
    return Advice(rows, completion.name, edit.name)


def _row(model: Model, here: Here, here_as: str) -> Row:
    weights = Weights(model.bytes, model.context, model.shape)
    sequences = here.sequences[model.shape.recurrent is not None]
    speed = here.speed.of_another(here.measured, weights)
    room = fit.room_on(here.machine)
    return Row(
        name=model.name,
        here_as=here_as,
        completion_ms=COMPLETION.milliseconds(speed),
        edit_ms=EDIT.milliseconds(speed),
        windows={one: fit.longest_window(weights, room, one, sequences) for one in KV_BYTES},
        memory=fit.needed(weights, min(fit.USUAL_WINDOW, model.context), "f16", sequences),
    )


def _quickest(rows: list[Row]) -> Row | None:
    return min(rows, key=lambda row: row.completion_ms, default=None)


def _merit(model: Model) -> tuple[int, bool]:
    # A larger model is the better use of twice the bytes than the same one, stored more exactly.
    return model.shape.parameters, model.quantisation == "Q4_K_M"
