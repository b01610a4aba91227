"""qwen-lsp: a language server that completes, edits and explains code with a local Qwen model."""

__version__ = "0.1.0"
