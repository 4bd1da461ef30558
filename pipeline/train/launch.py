"""Starting the ranks of a training: this process alone, torchrun's agent, or Ray.

Whoever starts ranks himself (`torchrun -m eurocorpus pretrain …`, or `srun` with the environment that
torch.distributed reads) is joined: RANK and WORLD_SIZE say so.
"""

import logging
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from ..engine.cluster import Cluster
from ..engine.unit import Limits
from ..errors import RunError, UsageError
from .settings import Training

Say = Callable[[str], None]


def launch(settings: Training, launcher: str, processes: int | None, say: Say) -> dict[str, Any]:
    """Train with so many processes and give what `pretrain` returns.

    Args:
        settings: of the training.
        launcher: `torchrun` or `ray`.
        processes: ranks on this machine, or under Ray in the cluster; by default one a GPU.
        say: takes lines about the progress.

    Raises:
        UsageError: the launcher is not known, or the settings do not fit.
        RunError: a rank ended in failure.
    """
    if launcher not in ("torchrun", "ray"):
        raise UsageError(f"--launcher: expected torchrun or ray, found {launcher!r}")
    import torch

    ranks = processes or max(torch.cuda.device_count(), 1)
    if launcher == "ray":
        return _under_ray(settings, ranks, say)
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        with _group():
            return _train(settings, say)
    if ranks == 1:
        return _train(settings, say)
    return _under_torchrun(settings, ranks)


def _train(settings: Training, say: Say) -> dict[str, Any]:
    from .pretrain import pretrain

    return pretrain(settings, say)


@contextmanager
def _group() -> Iterator[None]:
    """Join the group that the environment describes."""
    import torch
    import torch.distributed as dist

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    else:
        share = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        torch.set_num_threads(max(share, 1))
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def _rank(content: dict[str, Any]) -> dict[str, Any] | str:
    """Be one rank of torchrun; give the result, or the sentence of a usage error."""
    warnings.filterwarnings("ignore")  # said once by the first process, if at all
    try:
        with _group():
            return _train(Training.model_validate(content), _print)
    except (UsageError, RunError) as error:
        return f"{type(error).__name__} {error}"


def _under_torchrun(settings: Training, ranks: int) -> dict[str, Any]:
    """Start ranks with torchrun's agent in this process, and hand signals on to them."""
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=ranks, rdzv_backend="c10d",
        rdzv_endpoint="localhost:0", run_id="pretrain", max_restarts=0, monitor_interval=0.1, start_method="spawn",
        signals_to_handle="SIGINT",
    )  # fmt: skip
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        with _handed_on():
            results = elastic_launch(config, _rank)(settings.model_dump(mode="json"))
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        raise RunError(
            f"rank {rank} ended with exit status {failure.exitcode}; what it wrote is above. "
            "The same command goes on from the newest checkpoint"
        ) from None
    return _result(results[0])


def _result(result: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(result, str):
        kind, _, sentence = result.partition(" ")
        raise (UsageError if kind == "UsageError" else RunError)(sentence)
    return result


@contextmanager
def _handed_on() -> Iterator[None]:
    """Give the signals on which ranks save and stop to the ranks; the agent would kill them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}

    def handle(number: int, frame: FrameType | None) -> None:
        for child in multiprocessing.active_children():
            if child.pid:
                os.kill(child.pid, number)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _under_ray(settings: Training, ranks: int, say: Say) -> dict[str, Any]:
    """Run the same function in Ray Train."""
    import torch

    from .metrics import read_summary

    output = Path(settings.output).resolve()
    output.mkdir(parents=True, exist_ok=True)
    absolute = {"output": str(output), "tokens": str(Path(settings.tokens).resolve())}
    with _cluster(ranks, torch.cuda.is_available()):
        try:
            from ray.train import RunConfig, ScalingConfig
            from ray.train.torch import TorchTrainer
        except ImportError as error:
            raise UsageError(
                f"--launcher ray needs what Ray Train needs ({error}); "
                "type pip install 'ray[train]', or leave --launcher away"
            ) from None
        trainer = TorchTrainer(
            _ray_rank,
            train_loop_config=settings.model_dump(mode="json") | absolute,
            scaling_config=ScalingConfig(num_workers=ranks, use_gpu=torch.cuda.is_available()),
            run_config=RunConfig(name="ray", storage_path=str(output)),
        )
        say(f"{ranks} Ray Train worker{'s' if ranks > 1 else ''}; the ranks' lines are Ray's")
        trainer.fit()
    return read_summary(output)


@contextmanager
def _cluster(ranks: int, gpus: bool) -> Iterator[None]:
    """Join the cluster that RAY_ADDRESS names, or one of our own on this machine's CPUs.

    Raises:
        UsageError: there are GPUs and no cluster that gives them out.
    """
    own = None
    if "RAY_ADDRESS" not in os.environ:
        if gpus:
            raise UsageError(
                "--launcher ray on GPUs joins a cluster that runs; start one with `ray start --head`, "
                "set RAY_ADDRESS, and type the command again, or leave --launcher away"
            )
        own = Cluster(Limits(workers=ranks + 1))  # one for Ray Train itself
    try:
        if own:
            os.environ |= own.environment | {"RAY_ADDRESS": own.wait()}
        import ray  # reads the environment

        ray.init(logging_level=logging.WARNING)
        yield
        ray.shutdown()
    finally:
        if own:
            own.close()


def _ray_rank(content: dict[str, Any]) -> None:
    """Be one rank of Ray Train, which has made the group."""
    _train(Training.model_validate(content), _print)
