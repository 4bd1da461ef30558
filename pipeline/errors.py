"""The errors that a user sees as a sentence, and the exit status each one means.

EurocorpusError
├── UsageError       exit 2: the command, the configuration or an input is wrong
└── RunError         exit 1: the run was right to start and could not end well
    └── ClusterLost  exit 75: on another cluster it goes on; a job may be queued again (`engine`)
"""


class EurocorpusError(Exception):
    """A sentence for the user: what was tried, what was found, what to type next."""

    exit_status = 1


class UsageError(EurocorpusError):
    """What the user asked for cannot be done as asked."""

    exit_status = 2


class RunError(EurocorpusError):
    """The run failed; what is committed stays, and the same command goes on from there."""
