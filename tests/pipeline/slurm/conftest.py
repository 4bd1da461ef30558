"""A cluster with two nodes, where this machine lets us make network namespaces."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from slurm_stand_in import TEMPORARY, Slurm


def obstacle() -> str:
    """What stands in the way of namespaces here."""
    if missing := [name for name in ("ip", "nsenter", "unshare") if not shutil.which(name)]:
        return f"{', '.join(missing)} is not there; install iproute2 and util-linux"
    probe = ["unshare", "--net", "--mount", "--uts", "sh", "-c",
             f"mount --bind /var {TEMPORARY} && ip link add probe1 type veth peer name probe2 && hostname x"]  # fmt: skip
    result = subprocess.run(probe, capture_output=True, text=True, check=False)
    named = subprocess.run(
        ["ip", "netns", "add", "eurocorpus-probe"], check=False, capture_output=True, text=True
    )
    subprocess.run(["ip", "netns", "del", "eurocorpus-probe"], capture_output=True, check=False)
    return (result.stderr + named.stderr).strip()


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skip where no namespaces can be made."""
    if why := obstacle():
        pytest.skip(f"no network namespaces can be made here: {why}")


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """The file system that all nodes see."""
    with tempfile.TemporaryDirectory(prefix="ec-", dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def slurm(namespaces: None, shared_folder: Path) -> Iterator[Slurm]:
    with Slurm(shared_folder / "slurm", 2) as cluster:
        yield cluster


@pytest.fixture
def configuration(shared_folder: Path, sample: Path) -> Callable[..., Path]:
    """Write a configuration on the shared file system, and a site whose temporary folders are the nodes'."""

    def write(inputs: Path = sample, extra: str = "") -> Path:
        (shared_folder / "site.toml").write_text(
            f'about = "a stand-in"\ntemporary = "{TEMPORARY}"\ninterfaces = ["hsn0"]\n'
            "array_cpus = 1\n"
        )
        file = shared_folder / "run.yaml"
        file.write_text(f"inputs: [{inputs}]\noutput: {shared_folder}/RUN\n{extra}")
        return file

    return write
