"""The engine's life: load the model behind an open socket, answer, and leave in time."""

import asyncio
import logging
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from qwen_lsp import locations
from qwen_lsp.engine import speeds
from qwen_lsp.engine.branches import Branches
from qwen_lsp.engine.devices import devices
from qwen_lsp.engine.healing import Healer
from qwen_lsp.engine.jobs import Job, JobRunner
from qwen_lsp.engine.kv_store import KvStore
from qwen_lsp.engine.leaving import reason_to_leave
from qwen_lsp.engine.llama import BUILD, ContextShape, Model
from qwen_lsp.engine.metrics import Metrics
from qwen_lsp.engine.plan import Plan, Wishes, plan, plan_of_unknown
from qwen_lsp.engine.probe import extra_buffers_work
from qwen_lsp.engine.prompt import PromptEncoder
from qwen_lsp.engine.rates import USUAL_PREFILL_PER_S
from qwen_lsp.engine.scheduler import Scheduler
from qwen_lsp.engine.turns import Turns
from qwen_lsp.engine.vision import Sight
from qwen_lsp.errors import EngineError, NoRoom, QwenLspError
from qwen_lsp.models import catalogue, gguf
from qwen_lsp.models.fit import USUAL_WINDOW, Speed, Weights
from qwen_lsp.models.machine import look, usable_cores
from qwen_lsp.models.projectors import projector_of
from qwen_lsp.wire import ChatRequest, CompletionRequest, Health

log = logging.getLogger(__name__)

IDLE_CHECK_S = 5.0
NEEDED_S = 10.0  # after its last request, an engine does not make room for another
SETTLED = 1000  # tokens of prompts, after which the measured speed is worth remembering


class Service:
    """What the HTTP routes call. One per process."""

    def __init__(
        self,
        model: Path,
        idle_minutes: float,
        *,
        keeps_cache: bool,
        adapter: Path | None = None,
        wishes: Wishes | None = None,
    ) -> None:
        self._path = model
        self._adapter = adapter
        self._keeps_cache = keeps_cache
        self._wishes = wishes or Wishes()
        self._idle_s = idle_minutes * 60
        self._health = Health("loading", model=model.stem, build=BUILD, pid=os.getpid())
        self._encoder: PromptEncoder | None = None
        self._scheduler: Scheduler | None = None
        self._last_use = time.monotonic()
        self.leaving = asyncio.Event()

    async def run(self) -> None:
        """Load the model and stay until idle for too long, told to stop, or the model fails."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.leaving.set)
        # A daemon thread, so that a shutdown while loading does not wait for it.
        threading.Thread(target=self._load, name="load", daemon=True).start()
        while not self.leaving.is_set():
            if self._idle and (reason := self._reason_to_leave()):
                log.info("Leaving: %s", reason)
                return
            try:
                await asyncio.wait_for(self.leaving.wait(), IDLE_CHECK_S)
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Write what is worth keeping to disk, and stop decoding."""
        if self._scheduler is not None:
            await asyncio.to_thread(self._scheduler.close)
            metrics = self._scheduler.metrics
            if sum(metrics.evaluated.values()) >= SETTLED:
                speeds.remember(self._path, Speed(metrics.prefill_per_s, metrics.decode_per_s))

    def health(self) -> Health:
        """Return what the engine can say of itself now."""
        return self._health

    def leave_if_idle(self) -> bool:
        """Leave for the sake of another model, unless somebody needed this one just now."""
        is_loading = self._health.state == "loading"  # for somebody who waits
        if is_loading or not self._idle or time.monotonic() - self._last_use < NEEDED_S:
            return False
        log.info("Leaving, since another model needs the memory")
        self.leaving.set()
        return True

    def submit(self, request: CompletionRequest | ChatRequest) -> Job:
        """Put a request in line.

        Raises:
            EngineError: the model is not ready; the sentence says why.
            EngineBusy: the line is full.
        """
        self._last_use = time.monotonic()
        if self._scheduler is None:
            raise self._not_ready()
        return self._scheduler.submit(request)

    async def count_tokens(self, texts: tuple[str, ...]) -> list[int]:
        """Return how many tokens each text has in a prompt; waits for no request.

        Raises:
            EngineError: the model is not ready; the sentence says why.
        """
        self._last_use = time.monotonic()
        encoder = self._encoder
        if encoder is None:
            raise self._not_ready()
        # In a thread, since a long text takes longer than the loop may stand still.
        return await asyncio.to_thread(lambda: [encoder.count(text) for text in texts])

    def cancel(self, job: Job) -> None:
        """End a request whose client has gone."""
        assert self._scheduler is not None
        self._scheduler.cancel(job)
        self._last_use = time.monotonic()

    def metrics(self) -> Metrics:
        """Return what was counted since the model was loaded."""
        return Metrics() if self._scheduler is None else self._scheduler.metrics

    def _not_ready(self) -> EngineError:
        if self._health.state == "failed":
            return EngineError(self._health.message)
        return EngineError("The model is still loading; try again in a moment.")

    @property
    def _idle(self) -> bool:
        return self._scheduler is None or self._scheduler.idle

    def _reason_to_leave(self) -> str:
        machine = None if self._scheduler is None else look()
        return reason_to_leave(time.monotonic() - self._last_use, self._idle_s, machine)

    def _load(self) -> None:
        try:
            self._prepare()
        except QwenLspError as error:
            log.error("%s", error)  # noqa: TRY400 - the sentence is all there is to know
            self._fail(str(error), lacks_memory=isinstance(error, NoRoom))
        except Exception:  # the border: who waits for it must hear that it will not come
            log.exception("The model could not be loaded")
            self._fail("The engine failed when it loaded the model; see its log.")

    def _fail(self, message: str, *, lacks_memory: bool = False) -> None:
        extra = {"lacks_memory": lacks_memory}
        self._health = replace(
            self._health, state="failed", percent=0, message=message, extra=extra
        )

    def _prepare(self) -> None:
        start = time.monotonic()
        speed = speeds.remembered(self._path)
        plan = self._plan(speed)
        model = Model(
            self._path,
            extra_buffers=extra_buffers_work(self._path),
            gpu_layers=plan.gpu_layers,
            adapter=self._adapter,
            on_progress=self._on_progress,
        )
        threads = usable_cores()
        context = model.open_context(
            ContextShape(
                window=plan.window,
                sequences=Branches.sequences_needed(hybrid=model.is_hybrid),
                threads=threads,
                batch_threads=threads,
                kv_type=plan.kv_type,
                stretch=plan.stretch,
            )
        )
        store = None
        if self._keeps_cache:
            store = KvStore(
                locations.cache_dir() / "kv", self._path, plan.cache_format, adapter=self._adapter
            )
        self._encoder = PromptEncoder(model)
        projector = projector_of(self._path)
        sight = Sight(model, projector, threads=threads, on_gpu=plan.gpu_layers != 0)
        runner = JobRunner(context, self._encoder, Healer(model), store, sight, speed=speed)
        self._last_use = time.monotonic()  # who waited for it is about to ask
        self._scheduler = Scheduler(runner, Turns(locations.runtime_dir()))
        self._health = replace(
            self._health,
            state="ready",
            percent=100,
            window=context.shape.window,
            fills_in_the_middle=model.fills_in_the_middle,
            extra={
                **_shown(plan, threads, flash_attention=context.flash_attention),
                "adapter": "" if self._adapter is None else self._adapter.name,
                "projector": "" if projector is None else projector.name,
            },
        )
        log.info("%s ready after %.1f s", self._path.name, time.monotonic() - start)

    def _plan(self, speed: Speed | None) -> Plan:
        """Decide how the model is loaded, from its file alone: what cannot fit is not loaded."""
        facts, machine = gguf.read(self._path), look(devices())
        name, size = self._path.name, facts.bytes
        if self._adapter is not None:
            name += f" with the adapter {self._adapter.name}"
            size += gguf.read_adapter(self._adapter, facts).bytes
        if facts.shape is None or facts.context is None:
            context = facts.context or USUAL_WINDOW
            return plan_of_unknown(name, size, context, machine, self._wishes)
        return plan(
            name,
            Weights(size, facts.context, facts.shape),
            machine,
            self._wishes,
            stretched=catalogue.stretched(facts.shape),
            prefill_per_s=USUAL_PREFILL_PER_S if speed is None else speed.prefill_per_s,
            sequences=Branches.sequences_needed(hybrid=facts.shape.recurrent is not None),
        )

    def _on_progress(self, share: float) -> None:
        self._health = replace(self._health, percent=int(share * 100))


def _shown(plan: Plan, threads: int, *, flash_attention: bool) -> dict[str, Any]:
    """Return what `/health` says of how the model is loaded."""
    return {
        "kv_type": plan.kv_type,
        "flash_attention": flash_attention,
        "gpu_layers": plan.gpu_layers,
        "yarn": plan.stretch,
        "threads": threads,
    }
