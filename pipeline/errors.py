"""The errors that a user sees as a sentence, and the exit status each one means.

EurocorpusError
├── UsageError       exit 2: the command, the configuration or an input is wrong
└── RunError         exit 1: the run was right to start and could not end well
    └── ClusterLost  exit 75: on another cluster it goes on; a job may be queued again (`engine`)
"""

import errno

_ADVICE = {
    errno.ENOSPC: "the file system has no room, or may hold no more files; "
    "`eurocorpus plan` tells what a run needs",
    errno.EDQUOT: "the quota of bytes or files is used up; `eurocorpus plan` tells what a run needs",
    errno.EROFS: "the file system can only be read",
    errno.EMFILE: "this process may open no more files; raise `ulimit -n`",
    errno.ESTALE: "the file system's server has forgotten the file",
    errno.EIO: "the file system failed; look at the system's log",
}


class EurocorpusError(Exception):
    """A sentence for the user: what was tried, what was found, what to type next."""

    exit_status = 1


class UsageError(EurocorpusError):
    """What the user asked for cannot be done as asked."""

    exit_status = 2


class RunError(EurocorpusError):
    """The run failed; what is committed stays, and the same command goes on from there."""


def describe_failure(error: OSError | MemoryError) -> str:
    """Put into a line what the machine would not do, and what helps."""
    if isinstance(error, MemoryError):
        return "MemoryError: no memory was left; raise `engine.memory`, or take fewer workers"
    advice = _ADVICE.get(error.errno or 0)
    text = " ".join(str(error).split())[:1000]
    return f"{type(error).__name__}: {text}" + (f": {advice}" if advice else "")
