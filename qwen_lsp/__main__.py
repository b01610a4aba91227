"""The command line's entry: hands over to `cli`, prints errors as one sentence."""

import sys

from qwen_lsp.errors import QwenLspError


def main() -> None:
    """Run the command line; exit code 0, or 1 with one sentence on standard error."""
    try:
        if sys.argv[1:] in (["serve"], ["serve", "--stdio"]):
            # What editors call: the command line's library alone takes 30 of the 400 ms that the
            # server's start may take.
            from qwen_lsp.server.run import run_stdio

            run_stdio()
        else:
            from qwen_lsp.cli.commands import cli

            cli()
    except QwenLspError as error:
        print(f"qwen-lsp: {error}", file=sys.stderr)  # noqa: T201 - this is the command line
        sys.exit(1)


if __name__ == "__main__":
    main()
