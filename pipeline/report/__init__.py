"""Ledger in, pages and figures out that people and programs read."""

from .duplicates import alarms, clusters
from .summary import summarise

__all__ = ["alarms", "clusters", "summarise"]
