"""Arrow strings as their memory: UTF-8 bytes, and where each text begins."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def view(chunk: pa.LargeStringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """View a chunk's memory without a copy; a null text is empty.

    Returns:
        The bytes, and one offset more than there are texts; both read-only, since Numba compiles
        a kernel once more for arrays that can be written.
    """
    if chunk.null_count:
        chunk = chunk.fill_null("")
    _, offsets, data = chunk.buffers()
    text = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    places = np.zeros(1, np.int64)
    if offsets is not None and len(chunk):
        places = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    text.flags.writeable = places.flags.writeable = False
    return text, places
