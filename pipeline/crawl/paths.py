"""Where things lie in the folder of a crawl."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The folder of a crawl; nothing is created until it is written to."""

    root: Path

    @property
    def config(self) -> Path:
        """The configuration as it ran."""
        return self.root / "crawl.yaml"

    @property
    def seeds(self) -> Path:
        """The seeds as URLs, one a line."""
        return self.root / "state" / "seeds.txt"

    @property
    def refused(self) -> Path:
        """Lines of files of seeds that are no seeds, if there are any."""
        return self.root / "state" / "refused.txt"

    @property
    def stop(self) -> Path:
        """A file that is there when the crawl is to stop."""
        return self.root / "state" / "stop"

    @property
    def progress(self) -> Path:
        """Heartbeats of the parts at work."""
        return self.root / "state" / "progress"

    @property
    def summary(self) -> Path:
        """The figures of the crawl."""
        return self.root / "crawl.json"

    @property
    def about(self) -> Path:
        """The page about the crawler."""
        return self.root / "about.html"

    def journal(self, part: int) -> Path:
        """What a part knows."""
        return self.root / "state" / f"part-{part:04}.jsonl"

    def links(self, round: int, part: int) -> Path:
        """What a part found for others in a round; it is there when the part has ended it."""
        return self.root / "state" / f"links-{round:04}-{part:04}.jsonl"

    @property
    def warc(self) -> Path:
        """The pages."""
        return self.root / "warc"

    @property
    def robots(self) -> Path:
        """The robots.txt files and their like, apart from the pages, as Common Crawl keeps them."""
        return self.root / "robots"
