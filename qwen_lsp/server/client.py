"""What the client can do: its capability tree, read once into plain booleans."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lsprotocol import types as lsp


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """Whether the client knows each thing that we use if it does."""

    progress: bool = False
    configuration: bool = False
    versioned_edits: bool = False
    applies_edits: bool = False
    annotates_edits: bool = False
    resolves_code_action_edits: bool = False
    shows_documents: bool = False
    watches_files: bool = False
    creates_files: bool = False
    hears_status: bool = False
    trusts_workspace: bool = True


def read_features(capabilities: lsp.ClientCapabilities) -> ClientFeatures:
    """Read the capabilities of an initialize request."""
    window, workspace = capabilities.window, capabilities.workspace
    text_document = capabilities.text_document
    code_action = text_document.code_action if text_document else None
    resolve = code_action.resolve_support if code_action else None
    edit = workspace.workspace_edit if workspace else None
    watching = workspace.did_change_watched_files if workspace else None
    ours = _ours(capabilities.experimental)
    return ClientFeatures(
        progress=bool(window and window.work_done_progress),
        configuration=bool(workspace and workspace.configuration),
        versioned_edits=bool(edit and edit.document_changes),
        annotates_edits=bool(
            edit and edit.document_changes and edit.change_annotation_support is not None
        ),
        applies_edits=bool(workspace and workspace.apply_edit),
        resolves_code_action_edits=bool(
            code_action and code_action.data_support and resolve and "edit" in resolve.properties
        ),
        shows_documents=bool(window and window.show_document and window.show_document.support),
        watches_files=bool(watching and watching.dynamic_registration),
        creates_files=bool(
            edit
            and edit.document_changes
            and lsp.ResourceOperationKind.Create in (edit.resource_operations or ())
        ),
        hears_status=ours.get("status") is True,
        trusts_workspace=ours.get("trustedWorkspace") is not False,
    )


def _ours(experimental: Any) -> Mapping[str, Any]:
    """Return what a client says to us alone: `{"qwen": {"status": …, "trustedWorkspace": …}}`."""
    ours = experimental.get("qwen") if isinstance(experimental, Mapping) else None
    return ours if isinstance(ours, Mapping) else {}
