"""What mypy must refuse in a user's script: each line has the error that is expected. Never run."""

from pyspark.sql import DataFrame

import curate
import curate.spark as cs
from curate.filters import GopherQuality, find


def wrong() -> None:
    curate.judge(5)  # error: No overload variant
    curate.run("recipe.yaml", sample="half")  # error: Argument "sample"
    curate.run(5)  # error: Argument 1 to "run"
    print(curate.load("a").ledgr)  # error: "Result" has no attribute
    curate.jugde("a")  # error: Module has no attribute
    curate.dedup.jacard("a", "b")  # error: Module has no attribute
    number: int = curate.extract_text(b"")  # error: Incompatible types
    print(number)


def wrong_frames(frame: DataFrame) -> None:
    cs.judge("a text", "gopher_quality")  # error: Argument 1 to "judge"
    cs.extract(frame, htm="payload")  # error: Unexpected keyword argument "htm"
    cs.mix(frame, {"crawl": "much"})  # error: Dict entry 0 has incompatible type
    cs.jugde(frame)  # error: Module has no attribute
    GopherQuality(too_few_words="many")  # error: Argument "too_few_words"
    print(find("c4")[0].naem)  # error: "Step" has no attribute
