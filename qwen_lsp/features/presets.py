"""Instructions that have a name, so that nobody needs to type them."""

from collections.abc import Mapping
from dataclasses import dataclass

COMMENT = "comment"  # the `qwen:` comment at the selection is the instruction
TESTS = "tests"

# What documentation is called in a language, by the LSP id; elsewhere it is a "doc comment".
_DOCUMENTATION: Mapping[str, str] = {
    "python": "docstring",
    "javascript": "JSDoc comment",
    "javascriptreact": "JSDoc comment",
    "typescript": "JSDoc comment",
    "typescriptreact": "JSDoc comment",
    "java": "Javadoc comment",
    "kotlin": "KDoc comment",
    "csharp": "XML doc comment (`///`)",
    "rust": "`///` doc comment",
    "php": "PHPDoc comment",
}
# Languages in which types may be missing.
_OPTIONALLY_TYPED = frozenset({"python", "typescript", "typescriptreact", "php"})


@dataclass(frozen=True, slots=True)
class Preset:
    """An instruction with a name.

    Attributes:
        name: on the wire and the command line.
        title: for people, behind "Qwen: ".
        instruction: DOCUMENTATION stands for what it is called in the language.
        about_reports: the instruction where something was reported in the code; "" for the same.
        changes_signatures: callers tell what is needed, and may break.
        languages: LSP ids of those in which it makes sense; none for all.
    """

    name: str
    title: str
    instruction: str
    about_reports: str = ""
    changes_signatures: bool = False
    languages: frozenset[str] = frozenset()

    def instruction_in(self, language: str, *, is_reported: bool = False) -> str:
        """Return the instruction for code of a language, in which something may be reported."""
        documentation = _DOCUMENTATION.get(language, "doc comment")
        words = self.about_reports if is_reported and self.about_reports else self.instruction
        return words.replace("DOCUMENTATION", documentation)

    def fits(self, language: str) -> bool:
        """Whether it makes sense in a language."""
        return not self.languages or language in self.languages


PRESETS: Mapping[str, Preset] = {
    one.name: one
    for one in (
        Preset(
            "fix",
            "Fix",
            "Fix the bug in this code.",
            about_reports="Fix the reported problems in this code.",
        ),
        Preset(
            "doc",
            "Add documentation",
            "Add a DOCUMENTATION to each function and class. Do not change the code itself.",
        ),
        Preset(
            "types",
            "Add types",
            "Add the missing type annotations to parameters, results and fields. "
            "Do not change anything else.",
            changes_signatures=True,
            languages=_OPTIONALLY_TYPED,
        ),
        Preset(
            "simplify",
            "Simplify",
            "Simplify this code. It must do exactly the same as before.",
        ),
        Preset(TESTS, "Write tests", "Write tests for this code."),
        Preset(
            "errors",
            "Handle errors",
            "Handle the errors that can occur in this code: check the input, catch what can fail "
            "and say what went wrong. Do not hide an error.",
        ),
        Preset(
            "todo",
            "Complete TODO",
            "Write the code that the TODO comments ask for, and remove these comments.",
        ),
    )
}


def names() -> str:
    """Return the names on the wire, for people."""
    return ", ".join((*PRESETS, COMMENT))
