"""Templates filled in: static HTML that opens from disk, loads nothing, and escapes everything.

What web pages say is hostile. Jinja2 escapes it, characters that HTML does not allow are replaced,
no URL of theirs becomes a link, and the page's security policy lets no other script run than ours.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ... import __version__

_TEMPLATES = Path(__file__).with_name("templates")
_OTHERS = Path(__file__).parents[1] / "release" / "templates"
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters and non-characters, which HTML's parser reports as errors or replaces."""


@cache
def _environment() -> Environment:
    script = (_TEMPLATES / "sort.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES, _OTHERS]), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_clean,
    )  # fmt: skip
    environment.globals |= {
        "style": Markup((_TEMPLATES / "style.css").read_text("utf-8")),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
        "version": __version__,
    }
    return environment


def _clean(value: Any) -> Any:
    """Replace what may not stand in HTML, in text that is not ours."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _NOT_ALLOWED.sub("\ufffd", value)
    return value


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template of the folder `templates`."""
    return _environment().get_template(template).render(values)
