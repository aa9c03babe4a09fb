"""Messages of failed Spark jobs, without the stack traces of Java and Spark.

To be called while the JVM runs, which has the text of a Spark error.
"""

import re

from curate.engine.verbs import TaskFailedError

_LOST = (
    (re.compile(r"Python worker exited unexpectedly"), "a Python worker ended in a task"),
    (re.compile(r"OutOfMemoryError"), "the JVM has no memory left (java.lang.OutOfMemoryError)"),
    (re.compile(r"No space left on device"), "No space left on device"),
    (re.compile(r"ExecutorLostFailure"), "an executor was lost, as often as a task may be tried"),
)


def failure_of(error: Exception) -> TaskFailedError:
    """Return a failed job's reason: the last line of the Python traceback, or Java's message."""
    message = str(error)
    lines = message.splitlines()
    traceback = [at for at, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    if traceback:
        for line in lines[traceback[-1] + 1 :]:
            if line and not line.startswith((" ", "\t", "Traceback", "During", "The above")):
                return TaskFailedError(line.strip(), message)
    for sign, reason in _LOST:
        if sign.search(message):
            return TaskFailedError(reason, message)
    first = next((line for line in lines if line.strip()), type(error).__name__)
    return TaskFailedError(first.partition("\n\tat ")[0].strip(), message)
