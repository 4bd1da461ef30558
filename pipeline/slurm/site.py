"""Sites: what a job script must say on one HPC system, read from a small TOML file."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UsageError

_SITES = Path(__file__).with_name("sites")


class Site(BaseModel):
    """One HPC system; unknown names in its file are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    about: str
    """What it is, for the first line of a script."""
    partition: str = ""
    """Slurm's partition; empty is the site's own default."""
    account: bool = False
    """Whether jobs must name an account."""
    time: str = "24:00:00"
    """Wall clock of a job, as Slurm writes it."""
    cpus: Annotated[int, Field(ge=1)] | None = None
    """CPUs to ask for on each node; None asks for none, and takes what the job is given."""
    memory: str = ""
    """Memory to ask for on each node, as Slurm writes it; 0 is all, empty asks for none."""
    options: tuple[str, ...] = ()
    """More options of sbatch, such as `--exclusive`."""
    setup: tuple[str, ...] = ()
    """Lines of shell before anything starts, such as `module load`."""
    container: str = ""
    """What runs a command in the image `{image}`, if an image is named."""
    interfaces: tuple[str, ...] = ()
    """Network interfaces between nodes, the best first; without one of them, any that has an address."""
    temporary: str = "/tmp"
    """A folder on each node's own disk or memory, with a short name: Ray's sockets lie in it."""
    signal_seconds: Annotated[int, Field(ge=1)] = 300
    """How long before the wall clock ends Slurm tells the job, which then stops in order."""
    restarts: Annotated[int, Field(ge=0)] = 20
    """How often a job puts itself back into the queue."""
    array_cpus: Annotated[int, Field(ge=1)] = 16
    """CPUs of one task of a job array."""
    array_memory: str = "40G"
    """Memory of one task of a job array."""
    array_options: tuple[str, ...] = ()
    """More options of sbatch for the tasks of a job array, in place of `options`."""
    files: Annotated[int, Field(ge=1)] | None = None
    """Files that the quota of the working file system allows, where it is known."""
    bytes: Annotated[int, Field(ge=1)] | None = None
    """Bytes that the quota of the working file system allows, where it is known."""


def site_names() -> list[str]:
    """Name the sites that come with the package."""
    return sorted(file.stem for file in _SITES.glob("*.toml"))


def load_site(name: str) -> Site:
    """Read a site by its name, or from a TOML file of one's own.

    Raises:
        UsageError: there is no such site, or its file says what no site has.

    """
    own = name.endswith(".toml")
    file = Path(name) if own else _SITES / f"{name}.toml"
    if not own and name not in site_names():
        raise UsageError(
            f"--site: expected {', '.join(site_names())} or a TOML file, found {name!r}"
        )
    try:
        return Site.model_validate(tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        lines = [
            f"{file}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}, found {problem['input']!r}"
            for problem in error.errors()
        ]
        raise UsageError("\n".join(lines)) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: expected the TOML file of a site: {error}") from None
