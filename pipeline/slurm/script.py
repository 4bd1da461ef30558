"""Job scripts: a site's file and a job's wishes put into a template, printed or submitted."""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..errors import RunError, UsageError
from .site import Site


@dataclass(frozen=True, slots=True)
class Job:
    """What one wants of a job; None where the site's own default will do.

    `nodes` is a number or a range such as `1-4`, `output` the folder of the run. Logs and the
    meeting place of the nodes lie beside the run, in `<output>.jobs`.
    """

    config: Path
    output: Path
    nodes: str = "1"
    time: str | None = None
    partition: str | None = None
    account: str | None = None
    image: Path | None = None

    @property
    def work(self) -> Path:
        """The folder of logs, on the file system that all nodes share."""
        return self.output.with_name(self.output.name + ".jobs").resolve()


def job_script(site: Site, job: Job) -> str:
    """Write the script of a job that runs Ray on all its nodes.

    Raises:
        UsageError: the site wants an account, or `nodes` is no number or range.

    """
    _check_nodes(job.nodes)
    values = _values(site, job, site.options)
    options = "".join(f" --interface {name}" for name in site.interfaces)
    options += f" --temporary {shlex.quote(site.temporary)}"
    return _render(
        "job.sh.j2", values | {"nodes": job.nodes, "node_options": options, "by_ray": True}
    )


def array_scripts(site: Site, job: Job, parts: int) -> tuple[str, str]:
    """Write two scripts: the job array over the inputs, and the job that does the rest after it."""
    values = _values(site, job, site.array_options) | {"parts": parts, "by_ray": False}
    return _render("array.sh.j2", values), _render("gather.sh.j2", values)


def submit(script: str, work: Path, *options: str) -> str:
    """Give a script to sbatch, and return the job's number.

    Raises:
        RunError: sbatch is not there, or refuses.

    """
    work.mkdir(parents=True, exist_ok=True)
    try:
        result = subprocess.run(
            ["sbatch", "--parsable", *options],
            input=script, text=True, capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise RunError(
            "expected the command sbatch on this machine; submit from a login node, "
            "or leave out --submit to have the script printed"
        ) from None
    if result.returncode:
        raise RunError(f"sbatch refused the job: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout.strip().partition(";")[0]


def _check_nodes(nodes: str) -> None:
    least, _, most = nodes.partition("-")
    numbers = [least, most or least]
    if not all(n.isdigit() for n in numbers) or not 1 <= int(numbers[0]) <= int(numbers[1]):
        raise UsageError(
            f"--nodes: expected a number such as 4 or a range such as 1-4, found {nodes!r}"
        )


def _values(site: Site, job: Job, options: tuple[str, ...]) -> dict[str, Any]:
    if site.account and not job.account:
        raise UsageError(f"{site.about}: jobs must name an account; add --account PROJECT")
    given = {option.partition("=")[0] for option in options}
    time = job.time or ("" if "--time" in given else site.time)
    partition = job.partition or ("" if "--partition" in given else site.partition)
    replaced = ("--time=",) * bool(job.time) + ("--partition=",) * bool(job.partition)
    return {
        "site": site,
        "name": _word(job.output.name),
        "options": [option for option in options if not option.startswith(replaced)],
        "partition": partition,
        "account": job.account,
        "time": time,
        "work": str(job.work),
        "config": str(job.config.resolve()),
        "command": _command(site, job.image),
    }  # fmt: skip


def _command(site: Site, image: Path | None) -> str:
    """How a node calls `eurocorpus`: inside the image, or with the Python that runs now."""
    if image is None:
        return f"{shlex.quote(sys.executable)} -P -m eurocorpus"
    if not site.container:
        raise UsageError(f"{site.about}: its file says no `container`, so --image has no use there")
    return f"{site.container.format(image=shlex.quote(str(image.resolve())))} eurocorpus"


def _word(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name) or "eurocorpus"


def _render(template: str, values: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters["quote"] = shlex.quote
    return environment.get_template(template).render(values)
