"""The arrays that a page becomes: their columns, and the slots of the pass's state."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Columns of `nodes`, of `blocks`, and kinds of `events`.
TAG, PARENT, DEPTH, KEYWORDS, STYLE_HASH, IMAGES, INPUTS, LINKS, CONCEALED = range(9)
START, END, NODE, LINK_BYTES, BREAKS, ANCHORS, SOURCE, COVERT, FIRST = range(9)
META_NAME, META_CONTENT, TITLE, HTML_LANG, CANONICAL, LICENCE, TIME, JSON_LD = range(8)
EVENT_LIMIT = 512

OK, TOO_MANY_NODES, TOO_DEEP, TOO_MUCH_TEXT = range(4)
"""How a pass ended."""

# Slots of the state of a pass.
AT_OUT, AT_BLOCK, AT_ORIGIN, AT_NODE, AT_FIRST = range(5)
"""Ends of the text and of its closed blocks; where the open block began, in page and tree."""
AT_LINK, AT_PRE, AT_HIDE, AT_COVERT, AT_TOP, AT_GLUE = range(5, 11)
"""Open links, `pre`, skipped and hidden elements; the stack's top; the tag closed last."""
AT_ANCHOR, AT_BREAKS, AT_LINKED = range(11, 14)
"""Links, line breaks and bytes of link text in the open block."""
AT_NODES, AT_BLOCKS, AT_EVENTS, AT_STATUS = range(14, 18)
"""Rows used, and how the pass stands."""
AT_LAST_DOUBLE, AT_LAST_SINGLE, AT_UNCLOSED = range(18, 21)
"""The last quotes of the page; searches for an end that failed, as bits, not to be repeated."""
SLOTS = 21


class Tokens(NamedTuple):
    """A page taken apart; arrays are views of exactly the used part.

    `text` holds the blocks' UTF-8 bytes one after another; `blocks` [n, 9] int32 has for each
    START and END in `text`, the NODE that it began in, how many of its bytes are LINK_BYTES,
    line BREAKS, ANCHORS (links), the SOURCE position in the page, whether it is COVERT (inside
    an element that the page hides), and the innermost node around its FIRST character.
    `nodes` [m, 9] int32 are the elements in document order, node 0 the root, a PARENT before
    its children. `events` [k, 3] int32 are the places of metadata: kind, start and end in the
    page. `status` is OK or the limit that ended the pass.
    """

    status: int
    text: NDArray[np.uint8]
    blocks: NDArray[np.int32]
    nodes: NDArray[np.int32]
    events: NDArray[np.int32]
