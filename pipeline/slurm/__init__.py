"""Batch jobs: scripts for Slurm, the sites they are for, and what a job starts on each of its nodes."""

from .node import serve_node
from .script import Job, array_scripts, job_script, submit
from .site import Site, load_site, site_names

__all__ = [
    "Job",
    "Site",
    "array_scripts",
    "job_script",
    "load_site",
    "serve_node",
    "site_names",
    "submit",
]
