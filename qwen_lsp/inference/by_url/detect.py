"""Which kind of engine answers at a URL."""

from collections.abc import Mapping
from types import MappingProxyType

from qwen_lsp.errors import EngineError
from qwen_lsp.inference.by_url.llama_server import LlamaServer
from qwen_lsp.inference.by_url.ollama import Ollama
from qwen_lsp.inference.by_url.openai import OpenAi, model_cards
from qwen_lsp.inference.by_url.profile import Caller, NotServed, Profile, StillLoading
from qwen_lsp.inference.by_url.vllm import Vllm
from qwen_lsp.wire import MODELS

PROFILES: Mapping[str, type[Profile]] = MappingProxyType(
    {one.kind: one for one in (LlamaServer, Ollama, Vllm, OpenAi)}
)
OLLAMA_VERSION = "/api/version"
# Who owns the models, as `/v1/models` has it.
OWNERS: Mapping[str, type[Profile]] = MappingProxyType({"llamacpp": LlamaServer, "vllm": Vllm})


async def profile_of(caller: Caller, kind: str) -> Profile:
    """Return the profile of a kind, or of the engine that answers if the kind is "auto".

    Raises:
        EngineError: the host does not answer, or not as an engine does.
    """
    if kind in PROFILES:
        return PROFILES[kind]()
    try:
        cards = model_cards(await caller.get(MODELS))
    except NotServed:
        if await _is_ollama(caller):
            return Ollama()
        raise
    owners = {str(card.get("owned_by")) for card in cards}
    for owner, profile in OWNERS.items():
        if owner in owners:
            return profile()
    return Ollama() if await _is_ollama(caller) else OpenAi()


async def _is_ollama(caller: Caller) -> bool:
    try:
        answer = await caller.get(OLLAMA_VERSION)
    except StillLoading:
        raise
    except EngineError:
        return False
    return isinstance(answer, dict) and "version" in answer
