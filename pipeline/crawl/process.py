"""The process of one part for one round: it runs Scrapy's engine."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..engine.child import send
from .config import CrawlConfig
from .frontier import Item, Scope
from .journal import Line, read_journal
from .paths import Paths
from .urls import host_of, part_of


def serve(connection: Connection, spec: dict[str, Any]) -> None:
    """Crawl one part for one round; this is the process's side."""
    for number in (signal.SIGTERM, signal.SIGUSR1):  # a batch system tells all; the driver decides
        signal.signal(number, signal.SIG_IGN)
    try:
        result = _crawl(connection, spec)
    except Exception as error:  # noqa: BLE001 - the driver shows it
        from ..engine.unit import describe

        with suppress(OSError):
            send(connection, ("failed", describe(error)))
        os._exit(1)
    send(connection, ("done", result))
    os._exit(0)  # Twisted's threads may still wait for a name server


def _crawl(connection: Connection, spec: dict[str, Any]) -> dict[str, Any]:
    from .part import Part

    config = CrawlConfig.model_validate(spec["config"])
    number, round, paths = spec["part"], spec["round"], Paths(Path(config.output))
    scope = Scope(config.scope, [url for url, _ in read_seed_urls(paths)])
    part = Part(config, number, scope)
    part.begin(round, _items(paths, config, number, round))
    part.remember(_earlier(config, number))
    frontier = part.frontier

    def beat(pages: int, size: int) -> None:
        send(connection, ("beat", (pages, size)))

    ended = not any(host.has_work for host in frontier.hosts.values())
    if not ended:
        ended = _with_scrapy(config, part, spec["quota"], beat)
    part.sync()
    part.close()
    if ended:
        _write_links(paths.links(round, number), frontier.outside)
    return {"documents": frontier.pages, "bytes": frontier.bytes, "ended": ended}


def _with_scrapy(
    config: CrawlConfig, part: Any, quota: int | None, beat: Callable[[int, int], None]
) -> bool:
    """Start a Scrapy engine and crawl with it."""
    from scrapy import Spider
    from scrapy.crawler import AsyncCrawlerRunner
    from scrapy.utils.reactor import install_reactor

    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    from .addresses import read_networks
    from .fetch import Fetcher
    from .part import crawl_part
    from .resolver import GuardedResolver, read_hosts

    logging.disable(logging.CRITICAL)  # what matters of it is in the journal
    allowed = ["0.0.0.0/0", "::/0"] if config.network.allow_private else config.network.allow
    networks = read_networks(allowed)
    resolver = GuardedResolver(reactor.nameResolver, read_hosts(config.network.hosts), networks)
    reactor.installNameResolver(resolver)
    reactor.suggestThreadPoolSize(20)  # threads that ask for addresses
    outcome: dict[str, Any] = {}

    class _Spider(Spider):
        name = "eurocorpus"

        async def start(self) -> AsyncIterator[Any]:
            """Crawl; what Scrapy would schedule itself is nothing."""
            try:
                fetcher = Fetcher(self.crawler, resolver, config)
                outcome["ended"] = await crawl_part(config, part, fetcher, quota, beat)
            except Exception as error:  # noqa: BLE001 - raised again, where Scrapy does not log it
                outcome["error"] = error
            return
            yield

    async def run() -> None:
        await AsyncCrawlerRunner(_settings(config)).crawl(_Spider)
        reactor.stop()

    reactor.callWhenRunning(lambda: asyncio.ensure_future(run()))
    reactor.run(installSignalHandlers=False)
    if "error" in outcome:
        raise outcome["error"]
    return bool(outcome["ended"])


def _settings(config: CrawlConfig) -> dict[str, Any]:
    """Leave Scrapy its downloader; what else it would do is ours or not done at all."""
    handler = f"{__package__}.wire.Handler"
    return {
        "CRAWL_HTTP2": config.network.http2,
        "CRAWL_TIMEOUT": config.network.timeout,
        "CONCURRENT_REQUESTS": 2 * config.at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "COOKIES_ENABLED": False,
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "DOWNLOAD_MAXSIZE": 0,
        "DOWNLOAD_WARNSIZE": 0,
        "EXTENSIONS_BASE": {},
        "LOG_ENABLED": False,
        "SPIDER_MIDDLEWARES_BASE": {},
        "STATS_DUMP": False,
        "TELNETCONSOLE_ENABLED": False,
    }


def _items(paths: Paths, config: CrawlConfig, part: int, round: int) -> list[Line]:
    """Give what is new for a part: the seeds, or what all parts found for it in the last round."""
    parts = config.parts or 1
    if round == 1:
        found = [Item(url, sitemap=sitemap).line for url, sitemap in read_seed_urls(paths)]
    else:
        found = [
            line
            for other in range(parts)
            for line, _ in read_journal(paths.links(round - 1, other))
        ]
    ours = [line for line in found if part_of(host_of(line["u"]), parts) == part]
    return sorted(ours, key=lambda line: (line.get("d", -1), line["u"])) if round > 1 else ours


def read_seed_urls(paths: Paths) -> list[tuple[str, bool]]:
    """Give the seeds of a crawl, each with whether it is a sitemap."""
    lines = [line.split("\t") for line in paths.seeds.read_text("utf-8").splitlines()]
    return [(url, bool(kind)) for url, *kind in lines]


def _write_links(path: Path, found: dict[str, Line]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text("".join(json.dumps(found[key]) + "\n" for key in sorted(found)), "utf-8")
    temporary.replace(path)


def _earlier(config: CrawlConfig, part: int) -> Iterator[Line]:
    """Give the last good answers that earlier crawls had from the hosts of a part."""
    for folder in config.previous:
        for path in sorted((Path(folder) / "state").glob("part-*.jsonl")):
            for line, _ in read_journal(path):
                if line["k"] == "page" and line["s"] == 200 and "id" in line and line["n"]:
                    if part_of(host_of(line["u"]), config.parts or 1) == part:
                        yield line
