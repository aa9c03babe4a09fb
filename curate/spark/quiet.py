"""Logging of a JVM started by spark-submit: everything to a file, warnings to the console too.

Spark's own default prints every line of level INFO to the console, hundreds for a small run.
"""

import tempfile
from pathlib import Path
from typing import Any

DEFAULTS = "org/apache/spark/log4j2-defaults.properties"
_PATTERN = "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex"
_PROPERTIES = """
status = error
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
rootLogger.appenderRef.console.ref = console
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = {pattern}
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = {pattern}
appender.console.filter.level.type = ThresholdFilter
appender.console.filter.level.level = warn
"""


def logs_by_default(jvm: Any) -> bool:
    """Return whether a JVM logs by Spark's defaults, because logging is not configured."""
    context = jvm.org.apache.logging.log4j.LogManager.getContext(False)
    source = context.getConfiguration().getConfigurationSource().getLocation()
    return source is not None and str(source).endswith(DEFAULTS)


def log_to_file(jvm: Any, log: Path) -> None:
    """Have a JVM log to a file from now on."""
    context = jvm.org.apache.logging.log4j.LogManager.getContext(False)
    log.parent.mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in str(log.absolute()))
    with tempfile.NamedTemporaryFile("w", suffix=".properties", encoding="ascii") as file:
        file.write(_PROPERTIES.format(log=name.replace("$", "$$"), pattern=_PATTERN))
        file.flush()
        context.setConfigLocation(jvm.java.io.File(file.name).toURI())
