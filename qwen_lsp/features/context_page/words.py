"""What things are called on the page."""

from collections.abc import Mapping

TASKS: Mapping[str, str] = {
    "complete": "complete at",
    "edit": "edit",
    "explain": "explain",
}

PARTS: Mapping[str, str] = {
    "control": "control tokens",
    "system": "how to answer",
    "repository": "the workspace's name",
    "snippet": "other files",
    "file": "the file's path",
    "imports": "the file's imports",
    "scope": "what the selection is in",
    "before": "the file above",
    "typed": "up to the cursor",
    "code": "the selected code",
    "after": "the file below",
    "instruction": "the instruction",
    "diagnostics": "reported problems",
    "tests": "tests that there are",
}

SOURCES: Mapping[str, str] = {
    "members": "class members",
    "definition": "definition",
    "import": "imported name",
    "base": "base class",
    "usage": "usage elsewhere",
    "sibling": "neighbouring file",
    "recent": "edited or seen lately",
    "similar": "similar code",
}

STAGES: Mapping[str, str] = {
    "wait": "waited for a pause in the typing",
    "context": "chose snippets of other files",
    "prompt": "put the prompt together",
    "queue": "waited for the engine",
    "evaluate": "the engine read the prompt",
    "first_token": "the engine took the request and read what was new in the prompt",
    "stream": "the model wrote",
    "clean": "took away what the file already has",
    "reuse": "taken from what the model wrote before",
}

STAGE_COLOURS: Mapping[str, str] = {
    "wait": "wait",
    "queue": "wait",
    "evaluate": "evaluate",
    "first_token": "evaluate",
    "stream": "write",
    "clean": "finish",
    "reuse": "finish",
}

FACTS: Mapping[str, str] = {
    "evaluated": "prompt tokens that the engine had to read",
    "reuse": "reused",
    "logprobs": "log-probabilities of the first line's tokens",
}

COLOURS = (*PARTS, *SOURCES, "wait", "prepare", "evaluate", "write", "finish")
