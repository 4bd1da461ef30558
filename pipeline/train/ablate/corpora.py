"""The corpora of an ablation: without what is held out, pooled for one tokenizer, as token files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ....filters.contamination import Benchmark, Index, build_index, find_overlaps
from ...errors import UsageError
from ..texts import Shard, by_language, find_shards, read_texts
from ..tokenize import Settings, tokenize
from ..tokenizer import train_tokenizer

Say = Callable[[str], None]
_SCHEMA = pa.schema([("id", pa.string()), ("text", pa.large_string())])


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What decontamination did to a language of a recipe."""

    documents: int
    removed: int


def common_languages(recipes: Mapping[str, Path], heldout: Mapping[str, Path]) -> list[str]:
    """Give the languages that all recipes and a held-out text have.

    Raises:
        UsageError: there are none.
    """
    of_recipes = {name: set(by_language(find_shards(path))) for name, path in recipes.items()}
    of_heldout = {name: set(by_language(find_shards(path))) for name, path in heldout.items()}
    common = set.intersection(*of_recipes.values()) & set(chain.from_iterable(of_heldout.values()))
    if not common:
        found = "; ".join(f"{name}: {', '.join(sorted(codes))}"
                          for name, codes in (of_recipes | of_heldout).items())  # fmt: skip
        raise UsageError(f"ablate: expected a language that all corpora have; found {found}")
    return sorted(common)


def index_heldout(heldout: Mapping[str, Path], languages: list[str]) -> Index:
    """Hash the 13-grams of all held-out texts in some languages."""

    def texts(path: Path) -> Iterator[str]:
        for shard in find_shards(path):
            if shard.language in languages:
                for _, batch in read_texts(shard):
                    yield from batch

    return build_index(Benchmark(name, texts(path)) for name, path in heldout.items())


def clean(source: Path, out: Path, languages: list[str], index: Index) -> dict[str, Cleaned]:
    """Write a recipe's texts without those that share a 13-gram with a held-out text.

    One file a language, `out`/<language>/texts.parquet, in the order of the source.
    """
    groups = by_language(find_shards(source))
    return {code: _clean(groups[code], out / code / "texts.parquet", index) for code in languages}


def _clean(shards: list[Shard], path: Path, index: Index) -> Cleaned:
    path.parent.mkdir(parents=True, exist_ok=True)
    documents = removed = 0
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        for shard in shards:
            for ids, texts in read_texts(shard):
                column = pa.array(texts, pa.large_string())
                shared = pa.compute.list_value_length(find_overlaps(column, index))
                keep = pa.compute.equal(shared, 0)
                names = pa.array([f"{shard.name}/{name}" for name in ids], pa.string())
                table = pa.table([names, column], schema=_SCHEMA).filter(keep)
                writer.write_table(table)
                documents += len(texts)
                removed += len(texts) - len(table)
    return Cleaned(documents, removed)


def train_pooled(folder: Path, names: list[str], vocabulary: int, say: Say) -> Path:
    """Train one tokenizer on the texts of all recipes together; give its `tokenizer.json`."""
    out = folder / "tokenizer"
    if not (out / "tokenizer.json").exists():
        pool = folder / "pool"
        for name in names:
            for path in sorted((folder / "recipes" / name / "texts").glob("*/texts.parquet")):
                link = pool / path.parent.name / f"{name}.parquet"
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(path.resolve())
        train_tokenizer(pool, out, vocabulary=vocabulary, sampling="uniform", tell=say)
    return out / "tokenizer.json"


def write_tokens(folder: Path, name: str, tokenizer: Path, workers: int | None, say: Say) -> Path:
    """Turn a recipe's texts into token files."""
    recipe = folder / "recipes" / name
    tokenize(
        recipe / "texts", recipe / "tokens", tokenizer, settings=Settings(validation=0.0),
        engine="local", workers=workers, tell=say,
    )  # fmt: skip
    return recipe / "tokens"
