"""The crawler: seeds in, WARC files out; polite, resumable, spread over processes or Ray."""
