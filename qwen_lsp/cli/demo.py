"""`qwen-lsp demo`: see the whole job once, on a sample workspace."""

import click


@click.command()
@click.pass_context
def demo(context: click.Context) -> None:
    """Complete, edit and explain a sample workspace over a real language server session."""
    from qwen_lsp.cli.models import pull
    from qwen_lsp.cli.user import user_settings
    from qwen_lsp.demo import tour
    from qwen_lsp.models import catalogue, store

    name = user_settings().model
    if name == catalogue.DEFAULT_MODEL and not store.is_installed(catalogue.find(name)):
        click.echo(f"The default model, {name}, is not installed; it is fetched now, once.")
        context.invoke(pull, name=name)
    tour.run()
