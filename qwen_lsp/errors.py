"""Every error a user may see, as one tree.

    QwenLspError
    ├── ModelError          the model file: missing, damaged, cannot be fetched
    │   └── ModelMissing    no such model is installed
    ├── EngineError         the engine answered with an error, or could not be started
    │   ├── EngineDied      the connection broke in the middle of an answer
    │   ├── EngineBusy      the engine's queue is full
    │   └── EngineUnusable  an engine by URL cannot be asked now; another one may
    ├── StoreError, LexicalError, WorkersUnusable
    │                       the index cannot be read or written now (in index/, which raises them)
    ├── DocumentMoved       the document changed while the answer was made
    └── BadInput            a file, range or argument that cannot be worked on

Each carries one sentence that says what is wrong and what to do about it.
"Nothing to offer" is not an error: features return a `Dropped` value with its reason.
"""


class QwenLspError(Exception):
    """The world is wrong in a way the user can act on; the text is one sentence for them."""


class ModelError(QwenLspError):
    """The model file is missing, damaged, or cannot be fetched."""


class ModelMissing(ModelError):
    """No such model is installed."""


class NoRoom(ModelError):
    """There is not enough memory for the model now."""


class EngineError(QwenLspError):
    """The engine could not be started, or answered with an error."""


class EngineDied(EngineError):
    """The connection to the engine broke in the middle of an answer."""


class EngineBusy(EngineError):
    """The engine's queue is full."""


class EngineUnusable(EngineError):
    """An engine by URL cannot be asked now; another one may, or the same one later.

    Attributes:
        retry_after_s: seconds that it wants to be left alone; 0 where it does not say.
    """

    def __init__(self, sentence: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class DocumentMoved(QwenLspError):
    """The document changed while the answer was made."""


class BadInput(QwenLspError):
    """A file, range or argument that cannot be worked on."""
