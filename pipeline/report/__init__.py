"""Ledger in, pages and figures out that people and programs read."""

from .summary import summarise

__all__ = ["summarise"]
