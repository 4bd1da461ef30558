"""Ledger and shards in, pages and figures out that people and programs read."""
