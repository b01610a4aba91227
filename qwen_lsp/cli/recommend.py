"""`qwen-lsp model recommend`: which model fits this machine, and how fast it would be."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from qwen_lsp.inference.spawn import SPIN_COUNT
from qwen_lsp.models import catalogue, fit, other_programs, store
from qwen_lsp.models.catalogue import Model
from qwen_lsp.models.fit import Speed, Weights
from qwen_lsp.models.machine import Device, Machine, look
from qwen_lsp.models.other_programs import Found
from qwen_lsp.models.recommend import Advice, Here, Row, advise

LIMIT_S = 900.0  # it only ends what hangs: loading a large model from a cold disk takes long


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out of the machine; `name` is "" when there was no model to measure with."""

    machine: Machine
    speed: Speed
    weights: Weights
    name: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recommend(as_json: bool) -> None:
    """Measure this machine for three seconds, and say which model to use."""
    measured = look_and_measure()
    advice = advise_on(measured)
    if as_json:
        click.echo(json.dumps(_as_json(measured, advice), indent=2))
        return
    click.echo(_about(measured))
    for line in _table(advice):
        click.echo(line)
    click.echo("")
    for line in _picks(advice):
        click.echo(line)


def look_and_measure() -> Measured:
    """Return what this machine has and does, with the smallest model that is here."""
    models = [(one.name, store.path_of(one), _weights(one)) for one in store.installed()]
    for one in other_programs.found():
        if one.facts.shape is not None and one.facts.context is not None:
            weights = Weights(one.facts.bytes, one.facts.context, one.facts.shape)
            models.append((one.name, one.path, weights))
    if not models:
        return _reckoned(_machine(_ask_llama(None)))
    name, path, weights = min(models, key=lambda one: one[2].bytes)
    found = _ask_llama(path)
    machine = _machine(found)
    if found.get("speed") is None:
        return _reckoned(machine)
    return Measured(machine, Speed(**found["speed"]), weights, name)


def advise_on(measured: Measured) -> Advice:
    """Return what to say of the catalogue's models here."""
    from qwen_lsp.engine.branches import Branches

    sequences = {kind: Branches.sequences_needed(hybrid=kind) for kind in (True, False)}
    here = Here(measured.machine, measured.speed, measured.weights, sequences)
    return advise(catalogue.MODELS, _present(), here)


def _present() -> dict[str, str]:
    """Return the names under which the catalogue's models are here already."""
    present = {}
    for one in other_programs.found():
        for model in catalogue.MODELS:
            if model.name not in present and _is_same(one, model):
                present[model.name] = one.name
    return present | {one.name: one.name for one in store.installed()}


def _is_same(one: Found, model: Model) -> bool:
    """Whether what is here is a catalogue's model, perhaps made into a file by others."""
    if one.facts.shape is None or one.facts.quantisation != model.quantisation:
        return False
    # Others may store the table of words once or twice, and cut off its unused end.
    layers = [replace(shape, vocabulary=0, tables=0) for shape in (one.facts.shape, model.shape)]
    # A model for code and one for everything may have the same shape.
    is_coder = "coder" in f"{one.name} {one.facts.name}".lower()
    return layers[0] == layers[1] and is_coder == ("Coder" in model.family)


def _machine(found: dict[str, Any]) -> Machine:
    return look(tuple(Device(**one) for one in found.get("devices", ())))


def _reckoned(machine: Machine) -> Measured:
    default = catalogue.find(catalogue.DEFAULT_MODEL)
    return Measured(machine, fit.unmeasured(machine.cores), _weights(default))


def _weights(model: Model) -> Weights:
    return Weights(model.bytes, model.context, model.shape)


def hint() -> str:
    """Return a sentence about a model that would do better here than the default; "" for none.

    Nothing is measured for it.
    """
    best = advise_on(_reckoned(_machine(_ask_llama(None)))).completion
    if best in {"", catalogue.DEFAULT_MODEL}:
        return ""
    return f"This machine may well run {best}: `qwen-lsp model recommend` measures it."


def _ask_llama(model: Path | None) -> dict[str, Any]:
    """Ask llama.cpp, in a process that may die of it; then there is simply nothing known."""
    command = [sys.executable, "-P", "-m", "qwen_lsp", "engine", "measure"]
    command += [] if model is None else ["--model", str(model)]
    # As the engine itself runs.
    environment = {"GOMP_SPINCOUNT": SPIN_COUNT, **os.environ}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return {}
    return answer if isinstance(answer, dict) else {}


def _about(measured: Measured) -> str:
    machine, device = measured.machine, measured.machine.best_device
    lines = [
        f"memory   {machine.memory / 1e9:.1f} GB, {machine.available / 1e9:.1f} GB free",
        f"cores    {machine.cores}",
        "GPU      none that this build of llama.cpp can use"
        if device is None
        else f"GPU      {device.name}, {device.memory / 1e9:.1f} GB, {device.free / 1e9:.1f} free",
    ]
    speed = (
        f"{measured.speed.prefill_per_s:.0f} prompt tokens/s, "
        f"{measured.speed.decode_per_s:.1f} answer tokens/s"
    )
    if not measured.name:
        lines.append(f"speed    not measured, since no model could be tried; reckoned with {speed}")
    else:
        lines.append(f"speed    {speed} with {measured.name}")
    return "\n".join(lines) + "\n"


def _table(advice: Advice) -> list[str]:
    width = max(len(row.name) for row in advice.rows)
    head = ("model".ljust(width), " a line", " 20 lines", "  memory", " window f16", "    q8_0")
    return ["  ".join(head), *(_line(row, advice, width) for row in advice.rows)]


def _line(row: Row, advice: Advice, width: int) -> str:
    notes = []
    if row.here_as:
        notes.append("installed" if row.here_as == row.name else f"here as {row.here_as}")
    notes += ["for completions"] if row.name == advice.completion else []
    notes += ["for edits and explanations"] if row.name == advice.edit else []
    if not row.fits:
        return f"{row.name.ljust(width)}  does not fit: {row.memory / 1e9:.1f} GB"
    columns = (
        row.name.ljust(width),
        f"{row.completion_ms / 1000:5.1f} s",
        f"{row.edit_ms / 1000:7.1f} s",
        f"{row.memory / 1e9:5.1f} GB",
        f"{row.windows['f16']:11,}",
        f"{row.windows['q8_0']:8,}",
        ", ".join(notes),
    )
    return "  ".join(columns).rstrip()


def _picks(advice: Advice) -> list[str]:
    if not advice.completion:
        return ["No model fits: close other programs, or use an engine on another machine."]
    wanted = dict.fromkeys((advice.completion, advice.edit))
    here = {row.name: row.here_as for row in advice.rows if row.here_as}
    one_for_both = " and for edits and explanations" if len(wanted) == 1 else ""
    lines = [f"For completions{one_for_both}: {advice.completion}"]
    if not one_for_both:
        lines.append(f"For edits and explanations: {advice.edit}")
    lines += [
        f"  `{store.pull_command(catalogue.find(name))}` fetches {name}."
        for name in wanted
        if name not in here
    ]
    used = [here.get(name, name) for name in wanted]
    settings = [
        f'`{one} = "{name}"`' for one, name in zip(("model", "edit.model"), used, strict=False)
    ]
    lines.append(f"In your settings: {' and '.join(settings)}.")
    return lines


def _as_json(measured: Measured, advice: Advice) -> dict[str, object]:
    """Return the stable shape of `model recommend --json`; times in ms, memory in bytes."""
    return {
        "machine": asdict(measured.machine),
        "speed": {
            **asdict(measured.speed),
            "measured_with": measured.name or None,
        },
        "models": [{**asdict(row), "fits": row.fits} for row in advice.rows],
        "completion": advice.completion,
        "edit": advice.edit,
    }
