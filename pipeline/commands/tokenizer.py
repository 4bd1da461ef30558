"""`tokenizer train`, `tokenizer report` and `tokenize`."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import Address, AsJson, Executor, Workers, new_console, new_table, print_json, say


def tokenize(
    corpus: Annotated[
        Path, typer.Argument(help="A run, a release, or a folder of texts by language.")
    ],
    tokenizer: Annotated[
        Path | None, typer.Option(help="By default RUN/tokenizer/tokenizer.json.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="By default RUN/tokens.")] = None,
    encoder: Annotated[
        str, typer.Option(help="auto, tokenizers, tiktoken or gigatoken; all give the same ids.")
    ] = "auto",
    eos: Annotated[
        str | None, typer.Option(help="The token that ends a document, if not a usual one.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another one gives another order.")] = 0,
    validation: Annotated[float, typer.Option(help="Share of documents held out.")] = 0.005,
    part_tokens: Annotated[int, typer.Option(help="Tokens in a file, at most about.")] = 1 << 30,
    workers: Workers = None,
    engine: Executor = None,
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Write the token files of a corpus, for this trainer and for those of others.

    Typed again, it does only what is missing or has changed.
    """
    from ..train.tokenize import Settings, tokenize

    files = tokenize(
        corpus,
        out or corpus / "tokens",
        tokenizer or corpus / "tokenizer" / "tokenizer.json",
        settings=Settings(seed, validation, part_tokens),
        encoder=encoder, eos=eos, engine=engine or "auto", address=address, workers=workers,
        tell=say,
    )  # fmt: skip
    if as_json:
        print_json(files.describe())
        return
    table = new_table("language", "documents", "tokens", "bytes a token", left=["language"])
    for code, row in files.languages.items():
        table.add_row(
            code, f"{row.documents:,}", f"{row.tokens:,}", f"{row.bytes / max(row.tokens, 1):.2f}"
        )
    new_console().print(table)
    typer.echo(
        f"{sum(row.tokens for row in files.languages.values()):,} tokens as {files.dtype} in "
        f"{files.folder}; Megatron-LM: *.idx, datatrove and nanotron: *.ds"
    )
