"""Lets `python -m eurocorpus` do what the console script `eurocorpus` does."""

from eurocorpus.pipeline.cli import main

if __name__ == "__main__":
    main()
