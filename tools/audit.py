"""Look for known vulnerabilities in what constraints.txt pins, where an index of them answers.

    python tools/audit.py                   # or: make audit

Exit 0: none known, or nobody could be asked, which is said; 1: some are known, and listed. Uses
pip-audit, which must be installed beside (`make audit` does that in an environment of its own).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What pip-audit says where no index answers, of whatever service.
UNREACHED = ("ConnectionError", "Could not connect", "Max retries", "ServiceError", "timed out",
             "Temporary failure", "Name or service", "403", "404", "502", "ProxyError")  # fmt: skip


def main() -> int:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "pins.txt"
        pins.write_text("\n".join(line for line in lines if "==" in line))
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), "--no-deps",
                   "--disable-pip", "--progress-spinner", "off"]  # fmt: skip
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            print("audit: skipped, for no index of vulnerabilities answered within ten minutes")
            return 0
    told = f"{done.stdout}\n{done.stderr}".strip()
    if "No module named pip_audit" in told:
        print("audit: skipped, for pip-audit is not installed (make audit installs it)")
        return 0
    if done.returncode == 0:
        print(f"audit: {len(pins_of(lines))} packages, no known vulnerabilities")
        return 0
    if "Found" in told and "known vulnerabilit" in told:
        print(told)
        return 1
    last = told.splitlines()[-1] if told else f"exit code {done.returncode}"
    if any(sign in told for sign in UNREACHED):
        print(f"audit: skipped, for no index of vulnerabilities could be reached: {last[:300]}")
        return 0
    print(f"audit: pip-audit failed: {last}")
    return done.returncode


def pins_of(lines: list[str]) -> list[str]:
    """Return the lines that pin a package."""
    return [line for line in lines if "==" in line]


if __name__ == "__main__":
    sys.exit(main())
