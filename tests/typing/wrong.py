"""What mypy must refuse in a user's script: each line has the error that is expected. Never run."""

import curate


def wrong() -> None:
    curate.judge(5)  # error: No overload variant
    curate.run("recipe.yaml", sample="half")  # error: Argument "sample"
    curate.run(5)  # error: Argument 1 to "run"
    print(curate.load("a").ledgr)  # error: "Result" has no attribute
    curate.jugde("a")  # error: Module has no attribute
    number: int = curate.extract_text(b"")  # error: Incompatible types
    print(number)
