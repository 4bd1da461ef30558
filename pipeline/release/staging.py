"""Changes to a release that happen whole or not at all.

New files are written to `.staging/`; then `commit.json` names what goes where, which is the moment
that counts; then the files are moved. After a crash the next command finishes what was committed
and throws away what was not, so the release is the old one or the new one.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..storage.folder import fsync

STAGING = ".staging"
_COMMIT = "commit.json"


def begin(root: Path) -> Path:
    """Give an empty folder to write new files to; `recover` comes first."""
    staging = root / STAGING
    staging.mkdir(parents=True)
    return staging


def commit(root: Path, changed: Iterable[str], gone: Iterable[str] = ()) -> None:
    """Replace files of the release by those staged under the same path, and remove others."""
    staging = root / STAGING
    changed, gone = sorted(changed), sorted(gone)
    for path in changed:
        fsync(staging / path)
    temporary = staging / f"{_COMMIT}.new"
    temporary.write_text(json.dumps({"changed": changed, "gone": gone}), "utf-8")
    fsync(temporary)
    temporary.replace(staging / _COMMIT)
    fsync(staging)
    recover(root)


def recover(root: Path) -> None:
    """Finish the change that was committed, or forget the one that was not."""
    staging = root / STAGING
    if not staging.exists():
        return
    if (staging / _COMMIT).exists():
        plan = json.loads((staging / _COMMIT).read_text("utf-8"))
        for path in plan["changed"]:
            if (staging / path).exists():  # else it was moved before the crash
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (staging / path).replace(root / path)
        for path in plan["gone"]:
            (root / path).unlink(missing_ok=True)
        for folder in {(root / path).parent for path in [*plan["changed"], *plan["gone"]]}:
            fsync(folder)
        (staging / _COMMIT).unlink()
    shutil.rmtree(staging)
