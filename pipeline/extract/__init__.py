"""Inputs in, documents out: reading, reservations, and the main text of each page."""

from .extract import ENGINES, extract
from .page import Page

__all__ = ["ENGINES", "Page", "extract"]
