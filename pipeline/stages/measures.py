"""What is computed from the texts of documents: signals, signatures, marks; with the rest, their columns."""

from dataclasses import asdict

import pyarrow as pa
import pyarrow.compute as pc

from ...dedup import Shape, digests, signatures
from ...filters import FOREIGN_LINES, MODEL_SCORE, fasttext_score, measure
from ..storage import schema
from .candidates import Candidate
from .marks import Marks
from .work import Work


class Measures:
    """Makes rows of `documents/` of candidates."""

    def __init__(self, work: Work, model: str | None) -> None:
        """Load what the unit measures with; `model` is a fastText classifier."""
        self._source = work.unit
        self._shape = Shape(**work.depends["shape"])
        self._marks = Marks(work)
        self._scores = {}
        if model:
            self._scores[MODEL_SCORE] = fasttext_score(model, work.depends["model"]["label"])

    def table(self, candidates: list[Candidate], languages: pa.Table) -> pa.Table:
        """Put candidates into the columns of `storage.schema.documents`; languages as identified."""
        texts = pa.array([candidate.text for candidate in candidates], pa.large_string())
        codes = languages["language"].combine_chunks().cast(pa.string())
        captures = [candidate.capture for candidate in candidates]
        foreign = pa.array([candidate.foreign_lines for candidate in candidates], pa.float32())
        columns = {
            "id": pa.array([candidate.id for candidate in candidates], pa.string()),
            "url": pa.array([capture.url for capture in captures], pa.string()),
            "date": pa.array([capture.date for capture in captures], schema.DATE),
            "text": texts,
            "language": codes,
            "language_score": languages["score"],
            "languages": languages["languages"],
            "source": pa.repeat(self._source, len(candidates)),
            "warc_record_id": pa.array([capture.record_id for capture in captures], pa.string()),
            "extractor": pa.array(
                [c.page.extractor if c.page else "" for c in candidates], pa.string()
            ),
            "rights": pa.array(
                [asdict(candidate.rights) for candidate in candidates], schema.RIGHTS
            ),
            **self.of_texts(texts, codes, [capture.url for capture in captures], foreign),
        }
        target = schema.documents(8 * self._shape.bands)
        return pa.table(columns).select(target.names).cast(target)

    def of_texts(
        self, texts: pa.Array, codes: pa.Array, urls: list[str], foreign: pa.Array
    ) -> dict[str, pa.Array]:
        """Give the columns that are computed from a text and its language; `foreign` is known."""
        signals = measure(texts, codes, extra=self._scores).combine_chunks()
        if MODEL_SCORE not in self._scores:
            unknown = pa.nulls(len(texts), pa.float32())
            signals = signals.append_column(MODEL_SCORE, pa.chunked_array([unknown]))
        signals = signals.append_column(FOREIGN_LINES, pa.chunked_array([foreign]))
        return {
            "signals": pa.StructArray.from_arrays(
                [signals[field.name].combine_chunks() for field in schema.SIGNAL_STRUCT],
                fields=list(schema.SIGNAL_STRUCT),
            ),
            "characters": pc.utf8_length(texts),
            "bytes": pc.binary_length(texts),
            "digest": digests(texts),
            "signature": signatures(texts, self._shape),
            **self._marks.columns(texts, codes, urls),
        }
