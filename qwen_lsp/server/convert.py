"""Between lsprotocol's types and `text`: positions, ranges, edits, paths. Pure."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp

from qwen_lsp.text import Document, Replacement, Span

# By which an edit names its only annotation.
_ANNOTATION = "qwen"

UTF8, UTF16 = lsp.PositionEncodingKind.Utf8, lsp.PositionEncodingKind.Utf16


def offset_at(document: Document, position: lsp.Position, encoding: str) -> int:
    """Return the offset of a position; one past the end of its line or the text is clamped."""
    if position.line >= len(document.line_starts):
        return len(document.text)
    span = document.line_span(position.line)
    line = document.text[span.start : span.end]
    return span.start + _code_points(line, position.character, encoding)


def position_at(document: Document, offset: int, encoding: str) -> lsp.Position:
    """Return the position of an offset, in the client's units."""
    line = document.line_at(offset)
    before = document.text[document.line_starts[line] : offset]
    return lsp.Position(line, _units(before, encoding))


def span_of(document: Document, range_: lsp.Range, encoding: str) -> Span:
    """Return the span of a range; an inverted one is turned round."""
    start = offset_at(document, range_.start, encoding)
    end = offset_at(document, range_.end, encoding)
    return Span(min(start, end), max(start, end))


def range_of(document: Document, span: Span, encoding: str) -> lsp.Range:
    """Return the range of a span."""
    return lsp.Range(
        position_at(document, span.start, encoding), position_at(document, span.end, encoding)
    )


def chosen_in(
    document: Document, selected: lsp.SelectedCompletionInfo | None, encoding: str
) -> Replacement | None:
    """Return what accepting the selected entry of the editor's menu does; None without one."""
    if selected is None:
        return None
    return Replacement(span_of(document, selected.range, encoding), selected.text)


def changed(
    document: Document,
    version: int,
    changes: Iterable[lsp.TextDocumentContentChangeEvent],
    encoding: str,
    on_change: Callable[[Document, Replacement], None] = lambda _document, _change: None,
) -> Document:
    """Return the document after a didChange; each change is told with the document before it."""
    for change in changes:
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            span = span_of(document, change.range, encoding)
            replacement = Replacement(span, change.text)
            on_change(document, replacement)
            document = document.replace(replacement, version)
        else:
            on_change(document, Replacement(Span(0, len(document.text)), change.text))
            document = Document(document.uri, document.language, version, change.text)
    return document


def text_edits(
    document: Document, replacements: Iterable[Replacement], encoding: str
) -> list[lsp.TextEdit]:
    """Return replacements as text edits of this version."""
    return [lsp.TextEdit(range_of(document, one.span, encoding), one.text) for one in replacements]


def workspace_edit(
    document: Document,
    replacements: tuple[Replacement, ...],
    encoding: str,
    *,
    versioned: bool,
    annotation: lsp.ChangeAnnotation | None = None,
) -> lsp.WorkspaceEdit:
    """Return replacements as an edit of this version, where the client knows versioned edits.

    An annotation is only for clients that know both.
    """
    edits = text_edits(document, replacements, encoding)
    if not versioned:
        return lsp.WorkspaceEdit(changes={document.uri: edits})
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    if annotation is None:
        return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(identifier, [*edits])])
    annotated = [lsp.AnnotatedTextEdit(_ANNOTATION, one.range, one.new_text) for one in edits]
    return lsp.WorkspaceEdit(
        document_changes=[lsp.TextDocumentEdit(identifier, [*annotated])],
        change_annotations={_ANNOTATION: annotation},
    )


def path_of(uri: str) -> Path | None:
    """Return the file of a `file:` URI, None for any other."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def place_of(uri: str, folders: Iterable[str]) -> tuple[str, PurePath]:
    """Return the workspace folder's name and the document's path inside it.

    Outside all folders it is just the file's name, so that no prompt tells how a disk is laid out.
    """
    path = path_of(uri)
    if path is None:
        return "", PurePath(PurePath(unquote(urlsplit(uri).path)).name or "untitled")
    for folder in folders:
        root = path_of(folder)
        if root is not None and path.is_relative_to(root):
            return root.name, path.relative_to(root)
    return "", PurePath(path.name)


def _units(text: str, encoding: str) -> int:
    if text.isascii() or encoding not in (UTF8, UTF16):
        return len(text)
    if encoding == UTF8:
        return len(text.encode("utf-8", errors="surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def _code_points(line: str, units: int, encoding: str) -> int:
    if line.isascii() or encoding not in (UTF8, UTF16):
        return min(units, len(line))
    count = 0
    for index, character in enumerate(line):
        if count >= units:
            return index
        count += _units(character, encoding)
    return len(line)
