"""The page that tells site owners who crawls, why, and how to keep the crawler out."""

from jinja2 import Environment, StrictUndefined

from .config import CrawlConfig
from .identity import EVIDENCE, user_agent

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>About the crawler {{ name }}</title>
<style>body { font: 1rem/1.5 sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #f3f3f3; padding: .6rem }</style>
<h1>About the crawler {{ name }}</h1>
<p>{{ name }} fetches web pages for {{ purpose }}.
{% if operator %}It is run by {{ operator }}.{% endif %}
{% if contact %}Write to <a href="mailto:{{ contact }}">{{ contact }}</a> about anything it did.{% endif %}</p>
<h2>How to know it</h2>
<p>Its requests carry this line:</p>
<pre>User-Agent: {{ agent }}</pre>
<h2>How to keep it out, or slow it down</h2>
<p>It reads <code>robots.txt</code> before anything else, as RFC 9309 says, and again after
{{ robots_hours }} hours. To close the whole site to it:</p>
<pre>User-agent: {{ name }}
Disallow: /</pre>
<p>To have it wait thirty seconds between requests:</p>
<pre>User-agent: {{ name }}
Crawl-delay: 30</pre>
<h2>What it does</h2>
<ul>
<li>It makes one request to a host at a time, and waits at least {{ delay }} seconds in between; longer
if the host is slow. After 429 or 503 it slows down, and waits as long as <code>Retry-After</code> says.</li>
<li>It takes at most {{ pages }} pages of a host.</li>
<li>It fetches, and keeps as evidence,
{% for file in files %}<code>/{{ file }}</code>{{ ", " if not loop.last }}{% endfor %}; reservations
that they, the headers or the pages state (TDM Reservation Protocol, <code>Content-Usage</code>,
<code>Content-Signal</code>, <code>noai</code>) are recorded with each page.</li>
<li>It does not follow links marked <code>nofollow</code>, does not run scripts, does not log in, and
neither keeps nor sends cookies.</li>
</ul>
</html>
"""


def about_page(config: CrawlConfig) -> str:
    """Write the page, HTML, from what is configured; publish it at `identity.page`."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    identity = config.identity
    return environment.from_string(_PAGE).render(
        name=identity.name,
        purpose=identity.purpose,
        operator=identity.operator,
        contact=identity.contact,
        agent=user_agent(config),
        robots_hours=f"{config.pace.robots_hours:g}",
        delay=f"{config.pace.delay:g}",
        pages=f"{config.budget.pages:,}",
        files=EVIDENCE,
    )
