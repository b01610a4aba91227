"""The table of commands."""

from importlib import import_module

import click

from qwen_lsp import __version__

# Command → the module that has it; imported when the command is called.
COMMANDS = {
    "serve": "qwen_lsp.cli.serve",
    "demo": "qwen_lsp.cli.demo",
    "complete": "qwen_lsp.cli.complete",
    "edit": "qwen_lsp.cli.edit",
    "explain": "qwen_lsp.cli.explain",
    "context": "qwen_lsp.cli.context",
    "index": "qwen_lsp.cli.index",
    "symbols": "qwen_lsp.cli.index",
    "stats": "qwen_lsp.cli.stats",
    "model": "qwen_lsp.cli.models",
    "engine": "qwen_lsp.cli.engine",
    "doctor": "qwen_lsp.cli.doctor",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return command


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qwen-lsp")
def cli() -> None:
    """Code completions, edits and explanations from a Qwen model on your own machine."""
