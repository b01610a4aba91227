#!/usr/bin/env python3
# License: not the documentation of anything.

"""The file's own docstring."""
from __future__ import annotations

import os
import os.path
import numpy as np, json as j
from . import sibling
from ..package.module import name, other as renamed
from typing import (
    TYPE_CHECKING,  # with a comment
    Any as Anything,
)
from star import *

if TYPE_CHECKING:
    from late import Late

    Checked = Late

try:
    import fast
    HAS_FAST = True
except ImportError:
    HAS_FAST = False

LIMIT = 10
# How long to wait,
# in seconds.
timeout: float = 1.5
client = http.Client(timeout)
made = make_something()
first, second = 1, 2


# A comment above decorators.
@dataclass(frozen=True)
@register
class Base(Generic[T], abc.ABC, metaclass=Meta):
    """Docstring of Base.

    Over several lines.
    """

    count: int = 0
    label = "x"
    engine: "Engine | None" = None

    class Inner(Base):
        def deep(self) -> dict[str, list[int]]:
            def local(value: Späße) -> None:
                inner_variable = 1

            return local(self.count)

    def __init__(self, engine: Engine, limit: int = 3, *, plain=None) -> None:
        self.engine = engine
        self.limit = limit
        self.plain = plain
        self.store = Store(engine.path)
        self.names: list[str] = []
        self.other = lower_case()
        self.count = 7

    # Above a property.
    @property
    def size(self) -> int:
        return len(self.names)

    async def fetch(
        self,
        url: str,
    ) -> tuple[
        int,
        str,
    ]:
        # Between head and body.
        self.later = await get(url, callback=self.size)
        return [one.strip() for one in self.names if isinstance(one, str)]


def function(a, b: int = LIMIT, *rest: Base.Inner, **named: Optional[Base]) -> Base.Inner: return a


def größe(): pass  # a trailing comment
def after_a_trailing_comment(): pass


lambda_function = lambda x: helper(x)


def broken(:
    return function(

class StillFound:
    value = 1
