"""What a run leaves on disk: its folder, its Parquet files, and the ledger that accounts for them."""
