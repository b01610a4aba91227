"""What a model's shape says of its cost: parameters, and bytes of cache.

The numbers of a shape are published with each model and stand in its file's header. What follows
from them is arithmetic, checked against published sizes and what llama.cpp allocates.
"""

from dataclasses import dataclass

BYTES_OF_F32 = 4
# Bytes of one cached number: q8_0 packs 32 of them into 32 bytes and a scale of 2.
KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32}


@dataclass(frozen=True, slots=True)
class Recurrent:
    """The layers of a hybrid model that keep a state of fixed size instead of a cache."""

    inner: int
    state: int
    groups: int
    convolution: int


@dataclass(frozen=True, slots=True)
class Experts:
    """The feed-forward parts of a mixture: how many, how many a token goes through, how wide."""

    count: int
    used: int
    width: int


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of a model.

    Attributes:
        layers: all of them.
        width: of a token's vector between the layers.
        heads: that ask, per layer that attends.
        kv_heads: that are cached, per layer that attends.
        head: size of one head.
        feed_forward: width of a layer's feed-forward part; 0 in a mixture.
        vocabulary: how many tokens there are.
        tables: 2 when the file holds the words going in and coming out apart, 1 when they are one.
        attention_every: every how many layers one attends; 1 is all.
        recurrent: what the other layers are.
        experts: what stands for the feed-forward part in a mixture.
    """

    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    feed_forward: int
    vocabulary: int
    tables: int = 1
    attention_every: int = 1
    recurrent: Recurrent | None = None
    experts: Experts | None = None

    @property
    def attending_layers(self) -> int:
        """Layers with a cache that grows with the context."""
        return self.layers // self.attention_every

    def kv_bytes_per_token(self, kv_type: str) -> float:
        """Return the bytes a token takes in the cache."""
        numbers = 2 * self.attending_layers * self.kv_heads * self.head
        return numbers * KV_BYTES[kv_type]

    @property
    def recurrent_bytes(self) -> int:
        """Bytes of one sequence's fixed state; 0 for a model all of whose layers attend."""
        if self.recurrent is None:
            return 0
        one = self.recurrent
        channels = one.inner + 2 * one.groups * one.state
        numbers = one.inner * one.state + (one.convolution - 1) * channels
        return (self.layers - self.attending_layers) * numbers * BYTES_OF_F32

    @property
    def active_parameters(self) -> int:
        """Parameters in the matrices of the layers that each token goes through."""
        return self._layers_with(self._used_feed_forward)

    @property
    def output_parameters(self) -> int:
        """Parameters of the table that turns a vector into the next token's scores."""
        return self.vocabulary * self.width

    @property
    def parameters(self) -> int:
        """All parameters of the file, but for the few thousand that are no matrices."""
        whole = self._used_feed_forward
        if self.experts is not None:
            experts = self.experts
            whole += 3 * self.width * experts.width * (experts.count - experts.used)
        return self._layers_with(whole) + self.tables * self.output_parameters

    @property
    def _used_feed_forward(self) -> int:
        if self.experts is None:
            return 3 * self.width * self.feed_forward
        experts = self.experts
        return 3 * self.width * experts.width * experts.used + self.width * experts.count

    def _layers_with(self, feed_forward: int) -> int:
        attending = self.attending_layers
        total = self.layers * feed_forward + attending * self._attention
        if self.recurrent is not None:
            one = self.recurrent
            taken_in = 2 * one.inner + 2 * one.groups * one.state
            total += (self.layers - attending) * self.width * (taken_in + one.inner)
        return total

    @property
    def _attention(self) -> int:
        asked, kept = self.heads * self.head, self.kv_heads * self.head
        # Hybrid models take a gate in with the question, which makes that matrix twice as large.
        questions = 2 * asked if self.recurrent is not None else asked
        return self.width * (questions + 2 * kept + asked)
