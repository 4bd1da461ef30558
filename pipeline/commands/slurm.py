"""`slurm` and `node`: jobs for Slurm, and what they start."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import configure, say


def slurm(
    config: Annotated[Path, typer.Argument(help="The YAML configuration of the run.")],
    site: Annotated[
        str, typer.Option(help="lumi, leonardo, mn5, jupiter, generic, or a TOML file of your own.")
    ] = "generic",
    nodes: Annotated[str, typer.Option(help="Nodes: a number, or a range such as 1-4.")] = "1",
    account: Annotated[str | None, typer.Option(help="The project that pays.")] = None,
    partition: Annotated[str | None, typer.Option(help="Instead of the site's own.")] = None,
    time: Annotated[str | None, typer.Option(help="Wall clock, such as 12:00:00.")] = None,
    image: Annotated[Path | None, typer.Option(help="An Apptainer image to run in.")] = None,
    array: Annotated[
        int | None,
        typer.Option(min=1, help="A job array of so many tasks, without Ray, and a job after it."),
    ] = None,
    submit: Annotated[bool, typer.Option(help="Give the job to Slurm.")] = False,
) -> None:
    """Print a job script for an HPC system, or submit it.

    The job stops in order before its wall clock ends, goes back into the queue, and goes on from
    what is committed.
    """
    from ..slurm import Job, array_scripts, job_script, load_site
    from ..slurm import submit as submit_script

    output = Path(configure(config, None, None, None, None, None, None).output)
    job = Job(config, output, nodes, time, partition, account, image)
    place = load_site(site)
    scripts = array_scripts(place, job, array) if array else (job_script(place, job),)
    if not submit:
        typer.echo("\n".join(scripts), nl=False)
        return
    job.work.mkdir(parents=True, exist_ok=True)
    first = submit_script(scripts[0], job.work)
    say(f"job {first} is in the queue; its log goes to {job.work}")
    for script in scripts[1:]:
        after = submit_script(script, job.work, f"--dependency=afterany:{first}")
        say(f"job {after} follows it and makes the corpus")
    typer.echo(first)


def node(
    config: Annotated[Path, typer.Argument(help="The YAML configuration of the run.")],
    work: Annotated[Path, typer.Option(help="A folder that all nodes of the job see.")],
    temporary: Annotated[Path, typer.Option(help="A folder of this node alone.")] = Path("/tmp"),
    interface: Annotated[
        list[str] | None, typer.Option(help="A network interface between nodes; repeatable.")
    ] = None,
) -> None:
    """Be one node of a job; job scripts call it on each, nobody else has to."""
    from ..slurm import serve_node

    raise typer.Exit(serve_node(config, work, temporary, interface or []))
