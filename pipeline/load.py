"""Load a configuration from a YAML file and the command line, and say exactly what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .config import Config
from .errors import UsageError

Keys = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value was written."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


def load_config(file: Path | None = None, settings: Iterable[str] = (), **given: Any) -> Config:
    """Build the configuration of a run, as `load_model` does."""
    return load_model(Config, file, settings, **given)


def load_model(
    model: type[_Model], file: Path | None = None, settings: Iterable[str] = (), **given: Any
) -> _Model:
    """Build a configuration: file first, then `given` arguments, then `settings`, each over the last.

    `settings` are `key=value` pairs as of `--set`, the value in YAML. `given` are top-level fields or
    sections as dictionaries; those that are None count as not given.

    Raises:
        UsageError: one line a problem: place, key, what was found, what was expected.

    """
    values: dict[str, Any] = {}
    places: dict[Keys, _Place] = {}
    if file is not None:
        values = _read_yaml(file, places)
    _merge(values, given, (), places, _Place("command line"))
    for setting in settings:
        _merge(values, _parse_setting(setting), (), places, _Place(f"--set {setting}"))
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [_explain(problem, places, file, model) for problem in error.errors()]
        raise UsageError("\n".join(lines)) from None


def _read_yaml(file: Path, places: dict[Keys, _Place]) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{file}: expected a YAML configuration, found: {error}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UsageError(
            f"{file}: expected keys and values such as `output: my-run`, found {type(values).__name__}"
        )
    _locate(node, (), places, str(file))
    return values


def _locate(node: yaml.Node | None, keys: Keys, places: dict[Keys, _Place], source: str) -> None:
    """Note the line of each key below a YAML node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            places[*keys, key.value] = _Place(source, key.start_mark.line + 1)
            _locate(value, (*keys, key.value), places, source)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            places[*keys, index] = _Place(source, value.start_mark.line + 1)
            _locate(value, (*keys, index), places, source)


def _parse_setting(setting: str) -> dict[str, Any]:
    """Turn `dedup.threshold=0.9` into nested dictionaries."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"--set {setting}: expected key=value, such as --set dedup.threshold=0.9")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"--set {setting}: the value is no YAML: {error}") from None
    for part in reversed(key.strip().split(".")):
        value = {part: value}
    return dict(value)


def _merge(
    values: dict[str, Any],
    more: dict[str, Any],
    keys: Keys,
    places: dict[Keys, _Place],
    place: _Place,
) -> None:
    """Lay `more` over `values`, dictionary by dictionary; None lays nothing."""
    for key, value in more.items():
        if value is None:
            continue
        places[*keys, key] = place
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value, (*keys, key), places, place)
        else:
            values[key] = value


def _explain(
    problem: ErrorDetails, places: dict[Keys, _Place], file: Path | None, model: type[BaseModel]
) -> str:
    """Write one line: where, which key, what was expected, what was found."""
    keys: Keys = tuple(key for key in problem["loc"] if key != "[key]")
    place = next(
        (places[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in places),
        _Place(str(file) if file else "command line"),
    )
    name = ".".join(map(str, keys)) or "configuration"
    if problem["type"] == "extra_forbidden":
        return f"{place}: {name}: unknown key{_suggest(keys, model)}"
    if problem["type"] == "missing":
        return f"{place}: {name}: missing; {_hint(name)}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if problem["type"] in ("byte_size", "byte_size_unit"):
        message = "a size such as 512MB or 16MiB"
    if problem["type"] in ("dict_type", "model_type", "dataclass_type", "model_attributes_type"):
        message = "keys and values, such as {key: value}"
    if problem["type"] == "value_error":
        return f"{place}: {name}: {message}"
    return f"{place}: {name}: expected {message}, found {problem['input']!r}"


def _hint(name: str) -> str:
    hints = {
        "inputs": "name at least one WARC, WET, Parquet or JSONL file or folder",
        "output": "name the folder of the run, as in --out my-run",
        "seeds": "name at least one URL, host, or file of them",
    }
    return hints.get(name, "it has no default")


def _suggest(keys: Keys, model: type[BaseModel]) -> str:
    """Name the nearest valid key, in the same section or any other."""
    everywhere = list(valid_keys(model))
    wrong = ".".join(map(str, keys))
    siblings = [key for key in everywhere if key.rpartition(".")[0] == wrong.rpartition(".")[0]]
    leaves = {key.rpartition(".")[2]: key for key in everywhere}
    near = (
        get_close_matches(wrong, siblings, n=1)
        or [leaves[leaf] for leaf in get_close_matches(str(keys[-1]), list(leaves), n=1)]
        or get_close_matches(wrong, everywhere, n=1)
    )
    return f"; did you mean {near[0]}?" if near else f"; valid here: {', '.join(siblings)}"


def valid_keys(model: type[BaseModel] = Config, prefix: str = "") -> Iterable[str]:
    """Give every key that a configuration may have, such as `dedup.threshold`."""
    for name, field in model.model_fields.items():
        yield prefix + name
        if section := _section(field):
            yield from valid_keys(section, f"{prefix}{name}.")


def _section(field: FieldInfo) -> type[BaseModel] | None:
    if get_origin(field.annotation) is tuple:  # its items are written in a file, not set by a key
        return None
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def dump_config(config: BaseModel) -> str:
    """Write the whole configuration as YAML, defaults included."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
