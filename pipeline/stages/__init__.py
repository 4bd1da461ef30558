"""The stages of a run, one module each: documents, judge, deduplicate, shards.

A stage module plans its units of work and holds `run_unit`, which does one of them: it reads
what earlier stages committed, writes its outputs, and commits its own ledger entry.
"""
