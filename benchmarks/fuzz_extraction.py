"""Coverage-guided fuzzing with atheris: `python fuzz_extraction.py [libFuzzer options] [CORPUS]`.

atheris sees no edges in compiled code, so the kernels run as the Python that they are written in:
some hundred executions a second, each array access checked by NumPy. The inputs that it keeps are
seeds of `tests/pipeline/extract/fast/fuzz.py EXECUTIONS CORPUS`, which drives the compiled ones. Needs `pip install atheris`.
"""

import os
import sys

os.environ["NUMBA_DISABLE_JIT"] = "1"

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]
import numpy as np

with atheris.instrument_imports(include=["eurocorpus.pipeline.extract.fast"]):
    from eurocorpus.pipeline.extract.fast import scan

    # libc's memchr is out of Python's reach: the same in Python, before others import it.
    scan.find_byte = lambda html, i, n, byte: next(  # type: ignore[assignment]
        (k for k in range(i, n) if html[k] == byte), n
    )
    from eurocorpus.pipeline.extract.fast import keywords
    from eurocorpus.pipeline.extract.fast.tokenise import _pass


def one(data: bytes) -> None:
    """Take a page apart; what must hold of the result does."""
    html = data.decode("utf-8", "replace").encode()
    rows, text = html.count(b"<") + 2, bytearray(2 * len(html) + 64)
    blocks, nodes, events = (np.zeros((count, 9), np.int32) for count in (rows, rows, 512))
    status, used, found, elements, _ = _pass(
        html, text, blocks, nodes, events, 200, 10**6, keywords.NEXT, keywords.BITS
    )
    assert used <= len(text)
    assert found < rows
    assert elements < rows
    if status == 0:
        text[:used].decode()


if __name__ == "__main__":
    atheris.Setup([sys.argv[0], "-max_len=200", "-timeout=60", *sys.argv[1:]], one)
    atheris.Fuzz()
