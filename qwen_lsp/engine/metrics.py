"""Counts what the engine does, in Prometheus' text format.

Written by the decode thread and read by the event loop; each number is replaced whole, so a reader
sees the old or the new one.
"""

import resource
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from qwen_lsp.wire import Priority, Usage


@dataclass
class Metrics:
    """Totals since the engine started, by priority where that matters."""

    requests: Counter[tuple[Priority, str]] = field(default_factory=Counter)
    evaluated: Counter[Priority] = field(default_factory=Counter)
    reused: Counter[Priority] = field(default_factory=Counter)
    generated: Counter[Priority] = field(default_factory=Counter)
    first_token_s: dict[Priority, float] = field(default_factory=lambda: defaultdict(float))
    first_tokens: Counter[Priority] = field(default_factory=Counter)
    drafted: int = 0
    accepted: int = 0
    prefill_per_s: float = 0.0
    decode_per_s: float = 0.0
    trunks: int = 0
    trunk_tokens: int = 0
    waiting: int = 0

    def count_end(self, priority: Priority, outcome: str, usage: Usage) -> None:
        """Count a request that ended."""
        self.requests[priority, outcome] += 1
        self.evaluated[priority] += usage.evaluated_tokens
        self.reused[priority] += usage.cached_tokens
        self.generated[priority] += usage.completion_tokens

    def count_first_token(self, priority: Priority, seconds: float) -> None:
        """Count the time from a request's arrival to its first token."""
        self.first_token_s[priority] += seconds
        self.first_tokens[priority] += 1

    def render(self) -> str:
        """Return everything in Prometheus' text format, version 0.0.4."""
        lines: list[str] = []

        def add(name: str, kind: str, help_text: str, samples: dict[str, float]) -> None:
            lines.extend([f"# HELP qwen_{name} {help_text}", f"# TYPE qwen_{name} {kind}"])
            lines.extend(f"qwen_{name}{labels} {value:g}" for labels, value in samples.items())

        add(
            "requests_total",
            "counter",
            "Requests that ended, by outcome.",
            {
                f'{{priority="{priority}",outcome="{outcome}"}}': count
                for (priority, outcome), count in self.requests.items()
            },
        )
        for name, help_text, counter in (
            ("prompt_tokens_evaluated_total", "Prompt tokens computed.", self.evaluated),
            ("prompt_tokens_reused_total", "Prompt tokens taken from the cache.", self.reused),
            ("generated_tokens_total", "Tokens of answers.", self.generated),
            ("first_token_seconds_sum", "Time to the first token.", self.first_token_s),
            ("first_token_seconds_count", "Answers that began.", self.first_tokens),
        ):
            samples = {f'{{priority="{one}"}}': float(count) for one, count in counter.items()}
            add(name, "counter", help_text, samples)
        for name, kind, help_text, value in (
            ("draft_tokens_total", "counter", "Tokens guessed ahead.", self.drafted),
            ("draft_tokens_accepted_total", "counter", "Of these, right ones.", self.accepted),
            ("prefill_tokens_per_second", "gauge", "Measured, smoothed.", self.prefill_per_s),
            ("decode_tokens_per_second", "gauge", "Measured, smoothed.", self.decode_per_s),
            ("trunks", "gauge", "Documents in the KV cache.", self.trunks),
            ("trunk_tokens", "gauge", "Tokens of their trunks.", self.trunk_tokens),
            ("requests_waiting", "gauge", "Requests in line or running.", self.waiting),
            ("memory_peak_bytes", "gauge", "Largest resident size.", _peak_memory()),
        ):
            add(name, kind, help_text, {"": float(value)})
        return "\n".join(lines) + "\n"


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts kilobytes
