"""Instructions that have a name, so that nobody needs to type them."""

PRESETS = {
    "doc": (
        "Add documentation: a docstring or doc comment in the style of the language, to each "
        "function and class here. Do not change the code itself."
    ),
    "fix": "Fix the bug in this code.",
}
