"""A release uploaded to the Hugging Face Hub: in one commit, or not at all.

Contents of large files go up first, in groups; the Hub has them by their sha256 and asks only for
those that it lacks, so an upload that was cut short goes on where it was. One commit then brings the
release to the main branch and removes what it does not have. After take-downs the branch's history is
squashed, since older commits would still hold what was taken down. The address is that of
`HF_ENDPOINT`, the token that of `HF_TOKEN` or of `hf auth login`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import RunError, UsageError
from .manifest import SUMS, read_facts, read_sums
from .verify import verify

_GROUP = 100
"""Files whose contents are sent at a time."""
_OURS = ".gitattributes"
"""What the Hub itself puts into a repository, and stays."""


def push_release(
    root: Path, repository: str, *, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Upload a release that verifies to the dataset OWNER/NAME; return `repository` and `commit`.

    Raises:
        UsageError: `root` is no release, or the library is not installed.
        RunError: the release is not whole, or the Hub refused or could not be reached.

    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        raise UsageError(
            "--push needs the library huggingface_hub; type: pip install 'eurocorpus[publish]'"
        ) from None
    if problems := verify(root)["problems"]:
        raise RunError(f"{root} is not whole and was not uploaded: {problems[0]}")
    facts = read_facts(root)
    try:
        commit = _upload(HfApi(library_name="eurocorpus"), root, repository, facts, tell)
    except HFValidationError as error:
        raise UsageError(f"--push: expected OWNER/NAME, found {repository!r}: {error}") from None
    except Exception as error:
        if not _is_remote(error):
            raise
        raise RunError(
            f"{repository} was not published, and is as it was: {error}. Type the same command to go on"
        ) from None
    return {"repository": repository, "commit": commit}


def _is_remote(error: Exception) -> bool:
    """Whether it is the Hub or the way to it that failed."""
    import httpx
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    kinds = (HfHubHTTPError, LocalTokenNotFoundError, httpx.HTTPError, OSError, RuntimeError)
    return isinstance(error, kinds)


def _upload(
    api: Any, root: Path, repository: str, facts: dict[str, Any], tell: Callable[[str], None]
) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    where = {"repo_id": repository, "repo_type": "dataset"}
    api.create_repo(**where, exist_ok=True)
    paths = sorted([*read_sums(root), SUMS])
    added = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=root / path) for path in paths]
    sent = 0
    for group in _groups(added):
        api.preupload_lfs_files(**where, additions=group, free_memory=False)
        tell(f"{repository}: {(sent := sent + len(group)):,} of {len(added):,} files are there")
    gone = sorted(set(api.list_repo_files(**where)) - {*paths, _OURS})
    deleted = [CommitOperationDelete(path_in_repo=path) for path in gone]
    done = api.create_commit(
        **where,
        operations=[*added, *deleted],
        commit_message=f"{facts['name']} {facts['version']}",
    )
    if facts["taken_down"]:
        api.super_squash_history(**where, commit_message=f"{facts['name']} {facts['version']}")
    return str(done.oid)


def _groups(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), _GROUP):
        yield items[start : start + _GROUP]
