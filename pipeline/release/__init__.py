"""Shards in, a dataset that can be published, verified, and taken down in part."""
