"""Which units make token files, and what decides whether one is done already."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ..engine import Unit
from ..errors import RunError, UsageError
from ..storage.fingerprint import code_version, fingerprint, sha256
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, is_committed, read_entry
from . import tokens_units
from .encode import TokenizerFile
from .texts import Shard
from .tokens import choose_dtype
from .tokens_units import HASHES

ENCODE, COLLECT = "encode", "collect"
_CODE = ("pipeline/train/encode.py", "pipeline/train/texts.py", "pipeline/train/tokens.py",
         "pipeline/train/tokens_units.py")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the content of token files, beside texts and tokenizer.

    `validation` is the share of documents that is held out; a language with two or more has one.
    `part_tokens` is about how many tokens a part may hold.
    """

    seed: int = 0
    validation: float = 0.005
    part_tokens: int = 1 << 30

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            UsageError: with the option to change.

        """
        if not 0 <= self.validation < 1:
            raise UsageError(f"--validation: expected a share from 0 to 1, found {self.validation}")
        if not 1 <= self.part_tokens <= 1 << 40:
            raise UsageError(f"--part-tokens: expected at least 1, found {self.part_tokens}")
        if not 0 <= self.seed < 1 << 63:
            raise UsageError(f"--seed: expected a whole number from 0 on, found {self.seed}")


class Plan:
    """The units of both stages, planned from shards and from what the ledger says of them."""

    def __init__(
        self,
        folder: RunFolder,
        file: TokenizerFile,
        kind: str,
        settings: Settings,
        shards: dict[str, list[Shard]],
    ) -> None:
        """Look up what is there already."""
        self.folder, self.file, self.settings, self.shards = folder, file, settings, shards
        self.dtype = choose_dtype(file.vocabulary)
        self.tokenizer_hash = sha256(file.path)
        self._kind = kind
        self._finished = {language for language in shards if self._is_finished(language)}

    def encoding(self) -> list[Unit]:
        """Plan a unit for each shard."""
        return [self._encode(shard) for found in self.shards.values() for shard in found]

    def _encode(self, shard: Shard) -> Unit:
        return Unit(
            stage=ENCODE,
            name=shard.name,
            function=f"{tokens_units.__name__}:encode",
            spec={
                "run": str(self.folder.root),
                "stage": ENCODE,
                "unit": shard.name,
                "shard": asdict(shard) | {"path": str(shard.path)},
                "tokenizer": str(self.file.path),
                "encoder": self._kind,
                "depends": {
                    "code": code_version(_CODE, ("tokenizers",)),
                    "shard": shard.digest,
                    "tokenizer": self.tokenizer_hash,
                    "eos": self.file.eos_id,
                    "dtype": self.dtype,
                    "seed": self.settings.seed,
                },
            },
            weight=shard.bytes,
        )

    def is_encoded(self, unit: Unit) -> bool:
        """Whether a shard is encoded, or was, and its language is finished since."""
        return unit.spec["shard"]["language"] in self._finished or is_done(unit)

    def _is_finished(self, language: str) -> bool:
        """Whether the ledger knows every shard as it is now, and all parts of them are there."""
        for shard in self.shards[language]:
            entry = read_entry(self.folder, ENCODE, shard.name)
            if entry is None or entry.fingerprint != fingerprint(
                self._encode(shard).spec["depends"]
            ):
                return False
        return all(is_done(unit) for unit in self._collect(language))

    def collecting(self) -> list[Unit]:
        """Plan a unit for each part, once all shards are encoded."""
        return [unit for language in self.shards for unit in self._collect(language)]

    def _collect(self, language: str) -> Iterator[Unit]:
        encoded = [self._entry(shard) for shard in self.shards[language]]
        documents = sum(entry.facts["documents"] for entry in encoded)
        tokens = sum(entry.facts["tokens"] for entry in encoded)
        held = min((entry.facts["least"] for entry in encoded), default=0)
        border = self._border(documents, held)
        share = 1 - border / HASHES
        parts = max(-(-round(tokens * share) // self.settings.part_tokens), 1)
        ranges = [("validation", 0, 1, 0, border)] if border else []
        for number in range(parts):
            start, stop = (border + (HASHES - border) * n // parts for n in (number, number + 1))
            ranges.append(("train", number, parts, start, stop))
        for split, number, total, start, stop in ranges:
            name = f"{language}/{split}-{number:05}-of-{total:05}"
            yield Unit(
                stage=COLLECT,
                name=name,
                function=f"{tokens_units.__name__}:collect",
                spec={
                    "run": str(self.folder.root),
                    "stage": COLLECT,
                    "unit": name,
                    "depends": {
                        "language": language,
                        "split": split,
                        "dtype": self.dtype,
                        "range": [start, stop],
                        "shards": [[entry.unit, entry.fingerprint] for entry in encoded],
                    },
                },
                weight=max(round(tokens * (stop - start) / HASHES), 1),
            )

    def _entry(self, shard: Shard) -> Entry:
        entry = read_entry(self.folder, ENCODE, shard.name)
        assert entry is not None, f"{shard.name} was encoded before its parts are planned"
        if shard.documents not in (None, entry.facts["documents"]):
            raise RunError(
                f"{shard.path}: the run's ledger counts {shard.documents:,} documents, but "
                f"{entry.facts['documents']:,} were encoded; type `eurocorpus run` again"
            )
        return entry

    def _border(self, documents: int, least: int) -> int:
        """Below which hash documents are held out: by share, but one at least of two or more."""
        if documents < 2 or not self.settings.validation:
            return 0
        return max(int(self.settings.validation * HASHES), least + 1)


def is_done(unit: Unit) -> bool:
    """Whether a unit is committed for what it depends on now, and its files are there."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, unit.stage, unit.name, fingerprint(unit.spec["depends"]))
