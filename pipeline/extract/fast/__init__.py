"""The fast engine: HTML bytes -> main text, without a Python object for a tag or a word.

`tokenise` takes a page apart, `features` describes its blocks, `model` says which are main
text, `assemble` writes them down, `metadata` reads what the page says about itself; `train`
makes the model from pages with gold text.
"""

from .extract import Limits, TooLarge, extract

__all__ = ["Limits", "TooLarge", "extract"]
