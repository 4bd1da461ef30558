"""A configuration is checked whole, and what is wrong is said with file, line and nearest name."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.pipeline.config import Config
from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.load import dump_config, load_config, valid_keys


def complaint(tmp_path: Path, text: str, *settings: str) -> str:
    """What is said about a configuration file that is otherwise complete."""
    file = tmp_path / "run.yaml"
    file.write_text("inputs: [a.warc]\noutput: RUN\n" + text, "utf-8")
    with pytest.raises(UsageError) as error:
        load_config(file, settings)
    return str(error.value).replace(f"{tmp_path}/", "")


def test_no_file_is_needed() -> None:
    config = load_config(inputs=["a.warc"], output="RUN")
    assert config.languages.wanted == tuple(sorted(EU_LANGUAGES))
    assert config.dedup.threshold == 0.8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dedup:\n  treshold: 0.9\n", "run.yaml:4: dedup.treshold: unknown key; did you mean dedup.threshold?"),
        ("workers: 3\n", "run.yaml:3: workers: unknown key; did you mean engine.workers?"),
        ("shards: {bytes: 1GX}\n", "run.yaml:3: shards.bytes: expected a size such as 512MB or 16MiB, found '1GX'"),
        ("languages:\n  wanted:\n  - ces_latn\n", "run.yaml:4: languages.wanted: no language has the code 'ces_latn'; the nearest is ces_Latn"),
        ("languages: {min_score: {xx: 0.5}}\n", "run.yaml:3: languages.min_score: no language has the code 'xx'"),
        ("languages: {wanted: []}\n", "run.yaml:3: languages.wanted: no language is wanted"),
        ("engine: {executor: local, address: auto}\n", "run.yaml:3: engine: address is for the executor ray"),
        ("engine: {workers: 0}\n", "run.yaml:3: engine.workers: expected greater than or equal to 1, found 0"),
        ("extract: {engine: trafilaturra}\n", "run.yaml:3: extract.engine: expected 'fast'"),
        ("- a\n", "run.yaml: expected a YAML configuration"),
        ("a: [\n", "run.yaml: expected a YAML configuration"),
        ("dedup: 3\n", "run.yaml:3: dedup: expected keys and values"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in complaint(tmp_path, text)


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    lines = complaint(tmp_path, "dedup: {near: maybe}\nfoo: 1\n").splitlines()
    assert len(lines) == 2


def test_settings_go_over_the_file_and_name_themselves(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("inputs: [a.warc]\noutput: RUN\ndedup: {threshold: 0.7, ngram: 3}\n", "utf-8")
    config = load_config(file, ["dedup.threshold=0.9", "languages.min_score.mlt_Latn=0.1"])
    assert (config.dedup.threshold, config.dedup.ngram) == (0.9, 3)
    assert config.languages.min_score["*"] == 0.5
    assert config.languages.min_score["mlt_Latn"] == 0.1
    assert "--set dedup.threshold=2: dedup.threshold: expected" in complaint(
        tmp_path, "", "dedup.threshold=2"
    )
    assert "--set foo: expected key=value" in complaint(tmp_path, "", "foo")


def test_missing_fields_say_what_to_type() -> None:
    with pytest.raises(
        UsageError, match="output: missing; name the folder of the run, as in --out"
    ):
        load_config(inputs=["a.warc"])
    with pytest.raises(UsageError, match="inputs: missing; name at least one WARC"):
        load_config(output="RUN")
    with pytest.raises(UsageError, match=r"nowhere\.yaml: expected a YAML configuration"):
        load_config(Path("nowhere.yaml"))


def test_what_is_dumped_loads_as_the_same(tmp_path: Path) -> None:
    config = load_config(inputs=["a.warc"], output="RUN", settings=["shards.bytes=1MiB"])
    (tmp_path / "config.yaml").write_text(dump_config(config), "utf-8")
    assert load_config(tmp_path / "config.yaml") == config


def test_every_field_has_a_sentence() -> None:
    def undocumented(model: type, prefix: str = "") -> list[str]:
        names = []
        for name, field in model.model_fields.items():  # type: ignore[attr-defined]
            section = field.annotation if hasattr(field.annotation, "model_fields") else None
            names += undocumented(section, f"{name}.") if section else []
            names += [] if field.description or section else [prefix + name]
        return names

    assert undocumented(Config) == []
    assert "dedup.threshold" in set(valid_keys())


@given(st.text(max_size=40))
def test_any_setting_is_accepted_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(UsageError):  # anything else would be a traceback
        load_config(inputs=["a"], output="b", settings=[text])
