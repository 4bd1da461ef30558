"""From shards to a tokenizer, token files and a language model."""
