"""A stand-in for Slurm that starts real processes on nodes that are network namespaces.

`sbatch`, `srun` and `scontrol` do here what they do there for the few options that our job scripts
use, and refuse others. A node has an address, a host name and a folder for temporary files of its
own, no route to anywhere else, and can be lost. Not simulated: queues, limits, accounting.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

TEMPORARY = "/media"
"""An empty folder of every machine, over which a node puts its own."""

OPTIONS = {
    "sbatch": {"job-name", "partition", "account", "time", "exclusive", "signal", "requeue", "array",
               "open-mode", "nodes", "ntasks-per-node", "ntasks", "cpus-per-task", "mem", "no-kill",
               "output", "parsable", "dependency"},
    "srun": {"no-kill", "kill-on-bad-exit", "wait", "nodes", "ntasks", "ntasks-per-node",
             "cpus-per-task"},
}  # fmt: skip


class Slurm:
    """A cluster of `nodes`, to be used as a context manager; its state is files in `folder`."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self.folder = folder
        self.prefix = f"ec{os.getpid()}"
        self.nodes = [f"node{number}" for number in range(1, nodes + 1)]
        self.environment = os.environ | {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "SLURM_STAND_IN": str(folder),
        }

    def __enter__(self) -> Self:
        for name in ("bin", "jobs", "down", "requeue"):
            (self.folder / name).mkdir(parents=True)
        for name in ("sbatch", "srun", "scontrol"):
            program = self.folder / "bin" / name
            program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} {name} "$@"\n')
            program.chmod(0o755)
        (self.folder / "nodes.json").write_text(json.dumps(self.nodes))
        (self.folder / "prefix").write_text(self.prefix)
        run("ip", "netns", "add", f"{self.prefix}-switch")
        self._switch("link", "add", "switch", "type", "bridge")
        self._switch("link", "set", "switch", "up")
        for number, node in enumerate(self.nodes, 1):
            (self.folder / f"tmp-{node}").mkdir()
            self._add(node, f"10.77.0.{number}/24")
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._controllers():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for node in self.nodes:
            kill_all(self.netns(node))
        for name in (*self.nodes, "switch"):
            subprocess.run(["ip", "netns", "del", self.netns(name)], check=False)

    def netns(self, node: str) -> str:
        return f"{self.prefix}-{node}"

    def _switch(self, *arguments: str) -> None:
        run("ip", "-n", f"{self.prefix}-switch", *arguments)

    def _add(self, node: str, address: str) -> None:
        netns = self.netns(node)
        run("ip", "netns", "add", netns)
        run("ip", "-n", netns, "link", "set", "lo", "up")
        run("ip", "-n", netns, "link", "add", "hsn0", "type", "veth",
            "peer", "name", node, "netns", f"{self.prefix}-switch")  # fmt: skip
        run("ip", "-n", netns, "addr", "add", address, "dev", "hsn0")
        run("ip", "-n", netns, "link", "set", "hsn0", "up")
        self._switch("link", "set", node, "master", "switch", "up")

    def lose(self, node: str) -> None:
        """Lose a node: its network falls silent first, then everything on it is gone."""
        run("ip", "-n", self.netns(node), "link", "set", "hsn0", "down")
        (self.folder / "down" / node).touch()
        kill_all(self.netns(node))

    def cut(self, node: str, seconds: float) -> None:
        """Cut a node's network for a while; its processes go on."""
        run("ip", "-n", self.netns(node), "link", "set", "hsn0", "down")
        time.sleep(seconds)
        run("ip", "-n", self.netns(node), "link", "set", "hsn0", "up")

    def job(self, number: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "jobs" / f"{number}.json").read_text())
        return content

    def warn(self, number: str) -> None:
        """Send the signal that comes before the wall clock ends, as `--signal=B:USR1@…` asks for."""
        job = self.job(number)
        assert job["options"]["signal"].startswith("B:USR1@")
        os.kill(job["batch"], signal.SIGUSR1)

    def processes(self) -> list[int]:
        return [pid for node in self.nodes for pid in pids(self.netns(node))]

    def _controllers(self) -> list[int]:
        return [
            json.loads(file.read_text())["controller"] for file in self.folder.glob("jobs/*.json")
        ]


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def pids(netns: str) -> list[int]:
    """Processes in a namespace, those of others in it too."""
    found = subprocess.run(
        ["ip", "netns", "pids", netns], check=False, capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


def kill_all(netns: str) -> None:
    deadline = time.monotonic() + 30
    while left := pids(netns):
        assert time.monotonic() < deadline, left
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def on_node(state: Path, node: str, command: list[str]) -> list[str]:
    """Words that run a command on a node."""
    prefix = (state / "prefix").read_text()
    enter = 'mount --bind "$1" "$2" && hostname "$3" && shift 3 && exec "$@"'
    return ["nsenter", f"--net=/run/netns/{prefix}-{node}", "unshare", "--mount", "--uts", "sh", "-c",
            enter, "sh", str(state / f"tmp-{node}"), TEMPORARY, node, *command]  # fmt: skip


def parse(program: str, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split options from the command that follows them."""
    options = {}
    while words and words[0].startswith("--"):
        name, _, value = words.pop(0)[2:].partition("=")
        if name not in OPTIONS[program]:
            sys.exit(f"{program}: unrecognized option '--{name}'")
        options[name] = value
    return options, words


def sbatch(state: Path, words: list[str]) -> None:
    script = sys.stdin.read()
    if not script.startswith("#!"):
        sys.exit("sbatch: error: This does not look like a batch script.")
    options = parse("sbatch", re.findall(r"^#SBATCH (--\S+)", script, re.MULTILINE))[0]
    options |= parse("sbatch", words)[0]
    first, _, last = options.get("array", "0-0").partition("-")
    number = str(101 + len(list(state.glob("jobs/*.json"))))
    for task in range(int(first), int(last) + 1):
        name = f"{number}_{task}" if "array" in options else number
        file = state / "jobs" / f"{name}.json"
        job: dict[str, Any] = {"name": name, "number": number, "task": task, "script": script, "options": options,
               "state": "PENDING", "restarts": 0, "nodes": [], "batch": 0, "history": []}  # fmt: skip
        file.write_text(json.dumps(job | {"controller": 0}))
        subprocess.Popen([sys.executable, __file__, "control", str(file)], start_new_session=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)  # fmt: skip
    print(number)


def srun(state: Path, words: list[str]) -> None:
    """Start a task on each node of the job, pass signals on, and end with the highest status."""
    options, command = parse("srun", words)
    nodes = os.environ["SLURM_JOB_NODELIST"].split(",")
    assert options["nodes"] == options["ntasks"] == str(len(nodes))
    assert "no-kill" in options
    tasks = [
        subprocess.Popen(
            on_node(state, node, command),
            env=os.environ | {"SLURM_PROCID": str(rank), "SLURM_NODEID": str(rank), "SLURMD_NODENAME": node},
        )
        for rank, node in enumerate(nodes)
    ]  # fmt: skip

    def pass_on(number: int, frame: object) -> None:
        for task in tasks:
            task.send_signal(number)

    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, pass_on)
    sys.exit(max(status if status >= 0 else 128 - status for status in [t.wait() for t in tasks]))


def scontrol(state: Path, words: list[str]) -> None:
    action, job = words
    assert action == "requeue"
    (state / "requeue" / job).touch()


def control(file: Path) -> None:
    """Be the controller of one job: give it nodes, start its script, and start it again if need be."""
    state, job = file.parents[1], json.loads(file.read_text())
    job["controller"] = os.getpid()
    save(file, job)
    await_others(state, job["options"].get("dependency", ""))
    while True:
        job["nodes"] = allocate(state, file, job)
        why = run_script(state, file, job)
        job["history"].append(why)
        if why not in ("REQUEUED", "NODE_FAIL"):
            job["state"] = why
            return save(file, job)
        job["restarts"] += 1
        job["state"] = "PENDING"
        save(file, job)


def save(file: Path, job: dict[str, Any]) -> None:
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(job))
    temporary.replace(file)


def await_others(state: Path, dependency: str) -> None:
    if dependency:
        other = dependency.removeprefix("afterany:")
        files = [*state.glob(f"jobs/{other}.json"), *state.glob(f"jobs/{other}_*.json")]
        while any(json.loads(f.read_text())["state"] in ("PENDING", "RUNNING") for f in files):
            time.sleep(0.1)


def allocate(state: Path, file: Path, job: dict[str, Any]) -> list[str]:
    """Take as many free nodes as it wants, once there are as many as it needs."""
    least, _, most = job["options"]["nodes"].partition("-")
    while True:
        others = [json.loads(f.read_text()) for f in state.glob("jobs/*.json") if f != file]
        taken = {n for other in others if other["state"] == "RUNNING" for n in other["nodes"]}
        free = [n for n in json.loads((state / "nodes.json").read_text())
                if n not in taken and not (state / "down" / n).exists()]  # fmt: skip
        if len(free) >= int(least):
            job["state"], job["nodes"] = "RUNNING", free[: int(most or least)]
            save(file, job)
            return free[: int(most or least)]
        time.sleep(0.1)


def run_script(state: Path, file: Path, job: dict[str, Any]) -> str:
    """Run the script on the first node to its end, or until it is put back; tell which."""
    nodes, prefix = job["nodes"], (state / "prefix").read_text()
    wish = state / "requeue" / job["name"]
    wish.unlink(missing_ok=True)
    script = state / "jobs" / f"{job['name']}.sh"
    script.write_text(job["script"])
    output = job["options"]["output"].replace("%j", job["number"]).replace("%A", job["number"])
    with Path(output.replace("%a", str(job["task"]))).open("ab") as log:
        batch = subprocess.Popen(
            on_node(state, nodes[0], ["bash", str(script)]),
            env=os.environ | environment(job), stdout=log, stderr=log, cwd="/",
        )  # fmt: skip
    job["batch"] = batch.pid
    save(file, job)
    while batch.poll() is None and not wish.exists():
        time.sleep(0.1)
    lost = (state / "down" / nodes[0]).exists()
    for node in nodes:
        kill_all(f"{prefix}-{node}")
    status = batch.wait()
    if wish.exists():
        return "REQUEUED"
    if lost:
        assert "requeue" in job["options"]
        return "NODE_FAIL"
    return "COMPLETED" if status == 0 else f"FAILED {status}"


def environment(job: dict[str, Any]) -> dict[str, str]:
    variables = {
        "SLURM_JOB_ID": job["number"],
        "SLURM_JOB_NUM_NODES": str(len(job["nodes"])),
        "SLURM_NTASKS": str(len(job["nodes"])),
        "SLURM_JOB_NODELIST": ",".join(job["nodes"]),
        "SLURM_CPUS_ON_NODE": "1",  # two nodes share the cores of one machine
        "SLURM_MEM_PER_NODE": "6144",
    }
    if job["restarts"]:
        variables["SLURM_RESTART_COUNT"] = str(job["restarts"])
    if "array" in job["options"]:
        variables |= {"SLURM_ARRAY_JOB_ID": job["number"], "SLURM_ARRAY_TASK_ID": str(job["task"])}
    if cpus := job["options"].get("cpus-per-task"):
        variables["SLURM_CPUS_PER_TASK"] = cpus
    return variables


def main() -> None:
    program, *words = sys.argv[1:]
    if program == "control":
        control(Path(words[0]))
    else:
        state = Path(os.environ["SLURM_STAND_IN"])
        {"sbatch": sbatch, "srun": srun, "scontrol": scontrol}[program](state, words)


if __name__ == "__main__":
    main()
