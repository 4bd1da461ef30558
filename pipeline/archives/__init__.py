"""Web archives read where they lie: path lists, the columnar index, byte ranges; near or far."""
