"""`tokenizer train`, `tokenizer report` and `tokenize`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .shared import (
    Address,
    AsJson,
    Executor,
    Workers,
    format_bytes,
    new_console,
    new_table,
    print_json,
    read_bytes,
    say,
)

app = typer.Typer(
    help="Train a tokenizer on a corpus, and measure tokenizers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Corpus = Annotated[Path, typer.Argument(help="A run, a release, or a folder of texts by language.")]
Languages = Annotated[
    str, typer.Option(help="Codes with commas between them; by default all of the corpus.")
]
Parallel = Annotated[
    Path | None, typer.Option(help="A folder with the same text in many languages, CODE.txt.")
]


@app.command()
def train(
    corpus: Corpus,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="By default CORPUS/tokenizer.")
    ] = None,
    vocab_size: Annotated[int, typer.Option(help="Ids, special ones included.")] = 64_000,
    sampling: Annotated[
        str, typer.Option(help="proportional, uniform, alpha:0.3, unimax:4 or parity.")
    ] = "alpha:0.3",
    sample_bytes: Annotated[str, typer.Option(help="Text to train on.")] = "200MB",
    languages: Languages = "",
    parallel: Parallel = None,
    seed: Annotated[int, typer.Option(help="Another one takes another sample.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Train a byte-level BPE tokenizer."""
    from ..train.tokenizer import train_tokenizer

    target = out or corpus / "tokenizer"
    training = train_tokenizer(
        corpus, target, vocabulary=vocab_size, sampling=sampling, sample_bytes=read_bytes(sample_bytes),
        languages=_codes(languages), parallel=parallel, seed=seed, tell=say,
    )  # fmt: skip
    if as_json:
        print_json(training.to_json())
        return
    table = new_table("language", "of the text", "in the corpus", "read", left=["language"])
    for code, share in training.weights.items():
        table.add_row(
            code,
            f"{share:.1%}",
            format_bytes(training.available_bytes[code]),
            format_bytes(training.pool_bytes[code]),
        )
    new_console().print(table)
    typer.echo(f"{training.vocabulary:,} ids in {target}/tokenizer.json")


@app.command()
def report(
    corpus: Corpus,
    tokenizer: Annotated[
        list[Path] | None,
        typer.Option(help="A tokenizer.json; repeatable. By default CORPUS/tokenizer/…"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="By default CORPUS/tokenizer/report.")
    ] = None,
    parallel: Parallel = None,
    languages: Languages = "",
    reference: Annotated[str, typer.Option(help="What premiums are over.")] = "eng_Latn",
    sample_bytes: Annotated[str, typer.Option(help="Text to read of each language.")] = "500kB",
    as_json: AsJson = False,
) -> None:
    """Measure tokenizers on a corpus: what each language pays, and whether all gates hold.

    Ends with status 1 where one does not.
    """
    from ..train.tokenizer_report import failed, report_tokenizers

    target = out or corpus / "tokenizer" / "report"
    content = report_tokenizers(
        corpus, tokenizer or [corpus / "tokenizer" / "tokenizer.json"], target, parallel=parallel,
        languages=_codes(languages), reference=reference, sample_bytes=read_bytes(sample_bytes),
    )  # fmt: skip
    if as_json:
        print_json(content)
    else:
        _print_report(content)
        typer.echo(f"Open {target}/index.html; the same as data: {target}/report.json")
    for name, gate in failed(content):
        say(f"{name}: {gate.name}: {gate.found}")
    if failed(content):
        raise typer.Exit(1)


def _codes(languages: str) -> list[str]:
    return [code.strip() for code in languages.split(",") if code.strip()]


def _print_report(content: dict[str, Any]) -> None:
    table = new_table(
        "tokenizer", "gates", "ids", "bytes a token", "Gini", "highest premium", "in",
        left=["tokenizer", "gates", "in"],
    )  # fmt: skip
    for one in content["tokenizers"]:
        paid = one["premium"].get(one["worst"])
        table.add_row(
            one["name"], "passed" if one["passed"] else "failed", f"{one['vocabulary']:,}",
            f"{one['bytes_per_token']:.3f}", "–" if one["gini"] is None else f"{one['gini']:.4f}",
            f"{paid:.2f}" if paid else "–", one["worst"] or "–",
        )  # fmt: skip
    new_console().print(table)


def tokenize(
    corpus: Corpus,
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
