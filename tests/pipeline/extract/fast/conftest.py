import pytest

from eurocorpus.pipeline.extract.fast import extract


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile the kernels once, so that no property test's deadline pays for it."""
    extract(b"<table><tr><td>a &amp; b<noscript>c</noscript></table>")
