"""Everything that moves data: reading, the run, the engine that spreads it, storage, reports."""
