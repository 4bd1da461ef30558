"""eurocorpus turns web pages into one clean, publishable corpus for each language of the European Union."""

__version__ = "0.1.0"
