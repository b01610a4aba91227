"""The preset "Write tests" on the protocol's side: an edit of another file, or a new file."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lsprotocol import types as lsp

from qwen_lsp.context.edit_prompt import CONTEXT_TOKENS
from qwen_lsp.context.snapshot import Snapshot
from qwen_lsp.context.tests_target import TestsTarget
from qwen_lsp.errors import BadInput
from qwen_lsp.features.outcome import Dropped
from qwen_lsp.features.selection_edit import broken_sentence, selected, unified_diff
from qwen_lsp.features.write_tests import NewTests, placed, write_tests
from qwen_lsp.index.syntax_check import SyntaxCheck
from qwen_lsp.server import convert
from qwen_lsp.server.session import Session
from qwen_lsp.text import Document, apply
from qwen_lsp.trace import Trace

log = logging.getLogger(__name__)

# The one change annotation of such an edit.
_ANNOTATION = "tests"


@dataclass(frozen=True, slots=True)
class MadeTests:
    """Tests that were written.

    Attributes:
        edit: of their file; None where there is none.
        message: why there is none.
        warning: what to look at before it is applied, "" for nothing.
        diff: the edit as a unified diff.
    """

    edit: lsp.WorkspaceEdit | None = None
    message: str = ""
    warning: str = ""
    diff: str = ""


async def make_tests(session: Session, snapshot: Snapshot) -> MadeTests:
    """Run the model for tests of a selection.

    Raises:
        QwenLspError: the input is bad, the editor cannot create files, or there is no engine.
    """
    snapshot, target, root = await found(session, snapshot)
    if target.lines is None and not session.features.creates_files:
        raise BadInput(f"This editor cannot create files; create {target.path} and ask again.")
    trace = Trace("tests")
    code = await write_tests(snapshot, target, session.edit_engine, trace)
    log.info("%s", trace.line())
    if isinstance(code, Dropped):
        return MadeTests(message=f"Nothing was changed: {code.reason}.")
    # The test file may have changed while the model wrote.
    test_file, version = _test_file(session.documents, root, target, snapshot.document.language)
    tests = placed(snapshot, target, test_file, code)
    if isinstance(tests, Dropped):
        return MadeTests(message=f"Nothing was changed: {tests.reason}.")
    check = SyntaxCheck(test_file.language, test_file.text)
    try:
        line = await check.first_broken_line(apply(test_file.text, tests.replacements))
    finally:
        check.close()
    diff = unified_diff(test_file, tests.replacements, target.path)
    edit = _workspace_edit(session, target, tests, version)
    return MadeTests(edit, warning="" if line is None else broken_sentence(line), diff=diff)


async def found(session: Session, snapshot: Snapshot) -> tuple[Snapshot, TestsTarget, Path]:
    """Return the snapshot of what is to be tested, where its tests belong, and in which folder.

    Raises:
        BadInput: the file is in no indexed folder, or the selection cannot be worked on.
    """
    place = await session.contexts.target_of_tests(snapshot)
    if place is None:
        raise BadInput(
            "The file is in no workspace folder that is indexed, so its tests cannot be found."
        )
    target, root = place
    snapshot, _ = selected(replace(snapshot, span=target.span))
    context = await session.contexts.of_selection(
        snapshot, session.edit_engine, CONTEXT_TOKENS, wants_callers=False
    )
    return replace(snapshot, context=context), target, root


def _test_file(
    documents: Mapping[str, Document], root: Path, target: TestsTarget, language: str
) -> tuple[Document, int | None]:
    """Return the test file as the editor has it, else as it was read, and its version there."""
    path = root / target.path
    for uri, document in documents.items():
        if convert.path_of(uri) == path:
            return document, document.version
    return Document(path.as_uri(), language, 0, "\n".join(target.lines or ())), None


def _workspace_edit(
    session: Session, target: TestsTarget, tests: NewTests, version: int | None
) -> lsp.WorkspaceEdit:
    document, features = tests.document, session.features
    if target.lines is not None and not features.versioned_edits:
        return convert.workspace_edit(
            document, tests.replacements, session.encoding, versioned=False
        )
    annotation = _ANNOTATION if features.annotates_edits else None
    ranges = [convert.range_of(document, one.span, session.encoding) for one in tests.replacements]
    texts = [one.text for one in tests.replacements]
    edits: list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit] = [
        lsp.AnnotatedTextEdit(annotation, range_, text)
        if annotation
        else lsp.TextEdit(range_, text)
        for range_, text in zip(ranges, texts, strict=True)
    ]
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(document.uri, version)
    changes: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = [
        lsp.TextDocumentEdit(identifier, edits)
    ]
    title = f"Add tests to {target.path}"
    if target.lines is None:
        title = f"Create {target.path}"
        # One that is there after all is not overwritten: the client refuses.
        changes.insert(0, lsp.CreateFile(document.uri, annotation_id=annotation))
    annotations = {_ANNOTATION: lsp.ChangeAnnotation(title, needs_confirmation=True)}
    return lsp.WorkspaceEdit(
        document_changes=changes, change_annotations=annotations if annotation else None
    )
