"""The configuration of a run as it is published: whole, but for the publisher's machines and folders."""

from typing import Any

import yaml


def published_config(config: dict[str, Any]) -> str:
    """Give the YAML of a configuration; of paths just the last part, and nothing on the engine.

    The engine's settings change nothing in the corpus, and name machines.
    """
    shown = {name: value for name, value in config.items() if name not in ("engine", "output")}
    return yaml.safe_dump(_without_paths(shown), sort_keys=False, allow_unicode=True)


def _without_paths(value: Any) -> Any:
    """Cut what may be a path to its last part; addresses of licences stay.

    >>> _without_paths({"path": "/home/me/adult", "licence": "https://licence.example/by/4.0"})
    {'path': 'adult', 'licence': 'https://licence.example/by/4.0'}
    """
    if isinstance(value, dict):
        return {key: _without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_paths(item) for item in value]
    if isinstance(value, str) and "://" not in value:
        return value.rstrip("/").rpartition("/")[2]
    return value
