"""Which of several corpora teaches more: the same training on each, and intervals on the difference."""
