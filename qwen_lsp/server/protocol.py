"""Where pygls' own protocol does not do for us, and why.

- Its document sync splits lines at form feeds and other characters that LSP does not count as line
  ends, and copies the whole text for each change; `Session` keeps the documents instead.
- Its executeCommand runs the handler in a task that a cancel does not reach.
- A request whose parameters cannot be read is never answered.
"""

from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol

_OURS = frozenset(
    {lsp.TEXT_DOCUMENT_DID_OPEN, lsp.TEXT_DOCUMENT_DID_CHANGE, lsp.TEXT_DOCUMENT_DID_CLOSE}
)


class RequestFailed(JsonRpcException):
    """The request was understood but failed; the message is a sentence for the user."""

    CODE = lsp.LSPErrorCodes.RequestFailed.value
    MESSAGE = "Request failed"


class ContentModified(JsonRpcException):
    """The document moved past what the request was about."""

    CODE = lsp.LSPErrorCodes.ContentModified.value
    MESSAGE = "Content modified"


class Protocol(LanguageServerProtocol):
    """pygls' protocol with our own document sync, commands and answers."""

    def _get_handler(self, feature_name: str) -> Any:
        if feature_name in _OURS:
            return self.fm.features[feature_name]
        if feature_name == lsp.WORKSPACE_EXECUTE_COMMAND:
            return self._execute_command
        return super()._get_handler(feature_name)

    async def _execute_command(self, params: lsp.ExecuteCommandParams) -> Any:
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r}.")
        return await handler(*(params.arguments or ()))

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Turn JSON into a message; a request that cannot be read is answered with the error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise
