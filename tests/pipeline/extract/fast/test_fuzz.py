from .fuzz import main  # type: ignore[import-not-found,unused-ignore]


def test_a_short_run_of_the_fuzzer() -> None:
    # 2 s of what `fuzz.py` does for hours: no crash, no read or write outside the buffers.
    main(10_000)
