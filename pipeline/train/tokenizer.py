"""A byte-level BPE tokenizer for many languages, trained by Hugging Face's `tokenizers`."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ... import __version__
from ..errors import UsageError
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from .parity import Round, balance
from .sampling import weights
from .texts import find_shards
from .tokenizer_figures import Parallel, read_parallel
from .tokenizer_sample import Pool, draw, language_bytes

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
"""What text is split by before anything is merged; every character is in one of the parts.

It is that of Qwen 3.5: marks belong to the letters that they sit on, and a digit is a token of its own.
Tools know it, and gigatoken takes no other patterns than those that it knows.
"""

SPECIAL = ("<|endoftext|>", "<|pad|>", "<|im_start|>", "<|im_end|>")
"""Ids 0 to 3: the end of a document, what fills up a batch, and room for a chat template."""

PARITY = "parity"
_SMALLEST = 256 + len(SPECIAL)
_POOL = 4.0
"""With parity a language's texts are read up to so many times an even share; beyond, they repeat."""
_REPEATS = 4
"""All texts together repeat no more often: more of the same teaches nothing."""


@dataclass(frozen=True, slots=True)
class Training:
    """How a tokenizer was made: what `training.json` holds beside it."""

    vocabulary: int
    sampling: str
    sample_bytes: int
    seed: int
    weights: dict[str, float]
    available_bytes: dict[str, int]
    pool_bytes: dict[str, int]
    sha256: str
    version: str = __version__
    rounds: list[Round] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give what `training.json` holds."""
        return asdict(self)


def train_tokenizer(
    root: Path,
    out: Path,
    *,
    vocabulary: int = 64_000,
    sampling: str = "alpha:0.3",
    sample_bytes: int = 200_000_000,
    languages: Iterable[str] = (),
    parallel: Path | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> Training:
    """Train a tokenizer on a corpus; write `tokenizer.json` and `training.json` into `out`.

    Args:
        root: a run, a release, or a folder of texts by language.
        out: a folder.
        vocabulary: the number of ids, special ones included.
        sampling: a rule of `sampling.weights`, or `parity`.
        sample_bytes: how much text to train on, in all languages together.
        languages: those to train on; by default all that the corpus has.
        parallel: a folder with the same text in many languages, `CODE.txt`; parity is measured on
            it. Without it, parity is that of characters a token.
        seed: another one takes another sample.
        tell: takes what the user should know.

    Raises:
        UsageError: an argument is not as it must be, or the corpus lacks a language.

    """
    if vocabulary < _SMALLEST:
        raise UsageError(f"--vocab-size: expected at least {_SMALLEST}, found {vocabulary}")
    if sample_bytes < 1:
        raise UsageError(f"--sample-bytes: expected at least 1, found {sample_bytes}")
    shards = find_shards(root)
    sizes = language_bytes(shards)
    wanted = _wanted(root, sizes, languages)
    start = "proportional" if sampling == PARITY else sampling
    share = weights(wanted, start, budget=sample_bytes)
    least = _POOL / len(wanted) if sampling == PARITY else 0.0
    aim = {code: sample_bytes * min(max(share.get(code, 0), least), 1) for code in wanted}
    pools = draw(shards, aim, seed)

    size = min(sample_bytes, _REPEATS * sum(pool.bytes for pool in pools.values()))

    def learn(shares: Mapping[str, float]) -> Any:
        return train(mix(pools, shares, size), vocabulary)

    rounds: list[Round] = []
    if sampling == PARITY:
        against = _parallel(parallel, pools)
        chosen, rounds = balance(learn, share, against, pools, tell)
        share = chosen.weights
    tokenizer = learn(share)
    if tokenizer.get_vocab_size() < vocabulary:
        tell(
            f"The texts hold no more than {tokenizer.get_vocab_size():,} ids to learn; "
            f"{vocabulary:,} were asked for"
        )
    return _save(
        tokenizer,
        out,
        Training(
            vocabulary=tokenizer.get_vocab_size(),
            sampling=sampling,
            sample_bytes=size,
            seed=seed,
            weights=share,
            available_bytes={code: wanted[code] for code in sorted(wanted)},
            pool_bytes={code: pool.bytes for code, pool in pools.items()},
            sha256="",
            rounds=rounds,
        ),
    )


def _wanted(root: Path, sizes: dict[str, int], languages: Iterable[str]) -> dict[str, int]:
    """Take the languages that were named, each of which the corpus must have."""
    named = list(languages) or list(sizes)
    if missing := sorted(code for code in named if not sizes.get(code)):
        raise UsageError(
            f"{root}: no text in {', '.join(missing)}; there are {', '.join(sorted(sizes))}"
        )
    return {code: sizes[code] for code in named}


def _parallel(folder: Path | None, pools: Mapping[str, Pool]) -> Parallel | None:
    """Read parallel text of the languages that are trained on, where there is any."""
    if folder is None:
        return None
    found = read_parallel(folder)
    if missing := sorted(pools.keys() - found.keys()):
        raise UsageError(
            f"{folder}: expected a text in each language that is trained on, found none in "
            f"{', '.join(missing)}; leave them out with --languages"
        )
    return {code: found[code] for code in pools}


def mix(pools: Mapping[str, Pool], shares: Mapping[str, float], size: float) -> Iterator[str]:
    """Give texts of `size` bytes in all, each language its share."""
    for code, share in sorted(shares.items()):
        yield from pools[code].take(size * share)


def train(texts: Iterable[str], vocabulary: int) -> Any:
    """Train a byte-level BPE; the same texts give the same tokenizer."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True
    return tokenizer


def _save(tokenizer: Any, out: Path, training: Training) -> Training:
    """Write the tokenizer, then what is known of it."""
    folder = RunFolder(out.resolve())
    with folder.atomic("tokenizer.json") as path:
        path.write_text(tokenizer.to_str(pretty=True) + "\n", "utf-8")
    done = replace(training, sha256=sha256(folder.root / "tokenizer.json"))
    with folder.atomic("training.json") as path:
        path.write_text(json.dumps(done.to_json(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    folder.sweep()
    return done
