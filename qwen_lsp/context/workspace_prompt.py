"""The chat that explains a workspace as a whole."""

from dataclasses import dataclass

from qwen_lsp.context.explain_prompt import chat_of, question_parts
from qwen_lsp.context.parts import Part
from qwen_lsp.context.place import ReadLines
from qwen_lsp.context.repo_map import Ranks, description, folders, ranks_of, repo_map
from qwen_lsp.index.lookup import Lookup
from qwen_lsp.settings import Settings
from qwen_lsp.tokens import estimated_tokens
from qwen_lsp.wire import ChatRequest

SYSTEM = (
    "You are an expert programmer who shows a new colleague round a project. Begin with one or two "
    "sentences that say what the project is for. Then explain its main parts, which folder, file "
    "and class each is in, and how they work together; at the end say where to begin reading. "
    "Use the real names from below in backticks. Answer in Markdown."
)
# Of seven ways to ask, the one after which the 0.5B model sometimes goes through the files and
# their classes; after the others it only praises the project or copies the list.
ASK = (
    "\n\nExplain this project to a new colleague. First say what it is for. Then go through its "
    "main files, one after the other, as a list: `file`: what its classes `Name` do. Name at least "
    "eight files. Then say how a request goes through them."
)


@dataclass(frozen=True, slots=True)
class Overview:
    """What is shown of a workspace.

    Attributes:
        description: what it says of itself.
        folders: of how many files.
        main: definitions, by file.
    """

    description: str
    folders: str
    main: str


def overview(lookup: Lookup, read: ReadLines, budget: int) -> Overview:
    """Return what is shown of a workspace in a budget of tokens. Reads all of its index.

    Args:
        lookup: the workspace.
        read: gives the lines of files.
        budget: most tokens.
    """
    said, places = description(lookup, read), folders(lookup.view.paths())
    left = budget - estimated_tokens(said) - estimated_tokens(places)
    return Overview(said, places, repo_map(lookup, _ranks(lookup), read, max(left, 0)))


def workspace_request(
    name: str, shown: Overview, settings: Settings, instruction: str, max_tokens: int
) -> ChatRequest:
    """Return the chat that explains a workspace.

    Args:
        name: of its folder.
        shown: of it.
        settings: of the user.
        instruction: a question about it, in the user's words.
        max_tokens: of the answer.
    """
    parts = workspace_parts(name, shown, settings.language, instruction)
    return chat_of(parts, f"workspace {name}", max_tokens, thinks=settings.explain_thinking)


def workspace_parts(
    name: str, shown: Overview, language: str, instruction: str
) -> tuple[Part, ...]:
    """Return the parts of the chat; the first is the system's message, the others the user's."""
    return (
        Part("system", SYSTEM),
        Part("repository", f"The project is `{name}`.\n\n{shown.description}"),
        Part("snippet", f"\n\nIts folders:\n{shown.folders}"),
        Part("snippet", f"\n\nIts main definitions, the most used files first:\n{shown.main}"),
        Part("instruction", "" if instruction.strip() else ASK),
        *question_parts(language, instruction),
    )


def _ranks(lookup: Lookup) -> Ranks:
    stored = lookup.view.stored
    contents = stored.contents()
    imports = {
        path: [file for _, files in lookup.imports(path) for file in files] for path in contents
    }
    return ranks_of(contents, stored.links(), imports)
