"""The same bytes, read by the trainers that they are for."""

import importlib.util
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train.tokens import Corpus, choose_dtype, sidecars

DTYPES = {4: "<i4", 8: "<u2"}


def read_as_megatron_lm(stem: Path) -> list[NDArray[np.int64]]:
    """Read by the description of the format: header, counts, lengths, byte offsets, documents."""
    index = stem.with_name(f"{stem.name}.idx").read_bytes()
    magic, version, code, sequences, documents = struct.unpack_from("<9sQBQQ", index)
    assert (magic, version) == (b"MMIDIDX\0\0", 1)
    lengths = np.frombuffer(index, "<i4", sequences, 34)
    offsets = np.frombuffer(index, "<i8", sequences, 34 + 4 * sequences)
    borders = np.frombuffer(index, "<i8", documents, 34 + 12 * sequences)
    assert len(index) == 34 + 12 * sequences + 8 * documents
    assert borders.tolist() == list(range(sequences + 1))
    payload = stem.with_name(f"{stem.name}.bin").read_bytes()
    return [
        np.frombuffer(payload, DTYPES[code], length, offset).astype(np.int64)
        for length, offset in zip(lengths.tolist(), offsets.tolist(), strict=True)
    ]


def read_as_olmo_core(stem: Path, eos: int, dtype: str) -> list[list[int]]:
    """Read the array alone, and cut behind each EOS."""
    tokens = np.memmap(stem.with_name(f"{stem.name}.bin"), dtype, "r")
    ends = np.flatnonzero(tokens == eos) + 1
    assert ends[-1] == len(tokens)
    return [part.tolist() for part in np.split(tokens, ends)[:-1]]


def stems(corpus: Corpus) -> list[Path]:
    return [
        corpus.folder / part.name for payload in corpus.payloads.values() for part in payload.parts
    ]


def test_megatron_lm_and_olmo_core_see_the_documents(corpus: Corpus) -> None:
    for payload in corpus.payloads.values():
        ours = [payload.document(index).tolist() for index in range(len(payload))]
        parts = [corpus.folder / part.name for part in payload.parts]
        megatron = [document.tolist() for stem in parts for document in read_as_megatron_lm(stem)]
        assert megatron == ours
        assert [d for stem in parts for d in read_as_olmo_core(stem, corpus.eos, "<u2")] == ours
        assert all(document[-1] == corpus.eos for document in ours)
        assert all(corpus.eos not in document[:-1] for document in ours)


@pytest.mark.filterwarnings("ignore")  # of what else megatron-core would like to have
def test_megatron_core_reads_them(corpus: Corpus) -> None:
    if importlib.util.find_spec("megatron") is None:
        pytest.skip("megatron-core is not installed")
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    for stem in stems(corpus):
        found = IndexedDataset(str(stem))
        expected = read_as_megatron_lm(stem)
        assert len(found) == len(expected)
        assert [found[n].tolist() for n in range(len(found))] == [d.tolist() for d in expected]


def test_datatrove_reads_them(corpus: Corpus) -> None:
    """Windows, and the position of each token in its document, as nanotron asks for."""
    from datatrove.utils.dataset import DatatroveFolderDataset

    length = 31
    for code in corpus.languages:
        payload = corpus.payload(code)
        folder = DatatroveFolderDataset(
            str(corpus.folder / code), length, filename_pattern="train-*.ds", return_positions=True,
            shuffle=False,
        )  # fmt: skip
        items = [folder[index] for index in range(len(folder))]
        at = 0
        for part in payload.parts:
            start, stop = at, at + part.tokens
            ends = payload.document_ends[
                (payload.document_ends > start) & (payload.document_ends <= stop)
            ]
            for window in range(part.tokens // (length + 1)):
                first = start + window * (length + 1)
                item = items.pop(0)
                assert item["input_ids"].tolist() == payload.read(first, length + 1).tolist()
                begins = np.concatenate([[first], ends[(ends > first) & (ends <= first + length)]])
                positions = [
                    n - max(b for b in begins if b <= n) for n in range(first, first + length + 1)
                ]
                assert item["positions"].tolist() == positions
            at = stop
        assert not items


@given(st.lists(st.tuples(st.integers(1, 70_000), st.integers(0, 1 << 31)), max_size=20))
@settings(deadline=None)
def test_sidecars_say_where_documents_lie(rows: list[tuple[int, int]]) -> None:
    for dtype, wide in (("uint16", 2), ("int32", 4)):
        lengths, sizes = (np.array([row[n] for row in rows], np.int64) for n in (0, 1))
        files = sidecars(dtype, lengths, sizes)
        ends = np.frombuffer(files[".ds.index"], "<u8")
        offsets = np.frombuffer(files[".idx"], "<i8", len(rows), 34 + 4 * len(rows))
        assert ends.tolist() == [sum(lengths[: n + 1]) for n in range(len(rows))]
        assert offsets.tolist() == [wide * sum(lengths[:n]) for n in range(len(rows))]
        assert np.frombuffer(files[".bytes"], "<u4").tolist() == sizes.tolist()


def test_ids_are_two_bytes_as_long_as_megatron_lm_takes_them_so() -> None:
    assert choose_dtype(65_499) == "uint16"
    assert choose_dtype(65_500) == "int32"


@given(st.data())
@settings(deadline=None)
def test_reading_goes_over_the_ends_of_parts(corpus: Corpus, data: st.DataObject) -> None:
    payload = corpus.payload("ell_Grek")
    assert len(payload.parts) > 2
    whole = np.concatenate(
        [np.fromfile(corpus.folder / f"{part.name}.bin", "<u2") for part in payload.parts]
    )
    start = data.draw(st.integers(0, len(whole)))
    count = data.draw(st.integers(0, len(whole) - start))
    assert payload.read(start, count).tolist() == whole[start : start + count].tolist()
    with pytest.raises(IndexError):
        payload.read(start, len(whole) - start + 1)


def test_what_was_changed_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(corpus.folder, copy, symlinks=True)
    opened = Corpus.open(copy)
    assert opened.digest == corpus.digest
    assert opened.verify() == []
    stem = next(stem for stem in stems(opened) if stem.name.startswith("train"))
    payload = stem.with_name(f"{stem.name}.bin")
    raw = bytearray(payload.read_bytes())
    raw[0] ^= 1
    payload.write_bytes(raw)
    assert opened.verify() == [payload.relative_to(copy).as_posix()]
    payload.write_bytes(raw[:-2])
    with pytest.raises(UsageError, match=r"expected [\d,]+ bytes, found [\d,]+; copy it again"):
        Corpus.open(copy)
    payload.unlink()
    with pytest.raises(UsageError, match="found no such file"):
        Corpus.open(copy)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 2}', "not json"])
def test_a_manifest_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(content, "utf-8")
    with pytest.raises(UsageError, match="expected the manifest of token files"):
        Corpus.open(tmp_path)
    with pytest.raises(UsageError, match="eurocorpus tokenize RUN"):
        Corpus.open(tmp_path / "nothing")
