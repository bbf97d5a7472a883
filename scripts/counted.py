"""Reads what a suite said and prints how many of its tests passed and failed: counted.py FILE.

Knows our own `12 passed, 1 failed`, nextest's summary, node's `# pass 3`, unittest's `Ran 4 tests` and go's `--- PASS`.
"""

import re
import sys


def counted(text):
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    number = lambda pattern: sum(int(found) for found in re.findall(pattern, text, re.M))
    if re.search(r"^\s*Summary \[", text, re.M):
        line = re.findall(r"^\s*Summary \[.*$", text, re.M)[-1]
        of = lambda word: sum(int(found) for found in re.findall(rf"(\d+) {word}", line))
        return of("passed"), of("failed") + of("timed out")
    # Node's runner, in either of its two reports.
    if re.search(r"^(?:#|ℹ) pass \d+", text, re.M):
        return number(r"^(?:#|ℹ) pass (\d+)"), number(r"^(?:#|ℹ) (?:fail|cancelled) (\d+)")
    if re.search(r"^Ran \d+ tests? in", text, re.M):
        bad = number(r"(?:failures|errors)=(\d+)")
        return max(0, number(r"^Ran (\d+) tests? in") - bad), bad
    # Subtests are part of their test; a suite that counts cases says so in our own way.
    if re.search(r"^--- (?:PASS|FAIL)", text, re.M):
        cases, bad_cases = number(r"\b(\d+) passed, \d+ failed"), number(r"\b\d+ passed, (\d+) failed")
        failed = len(re.findall(r"^--- FAIL", text, re.M)) + len(re.findall(r"^FAIL\b.*\[build failed\]", text, re.M))
        return cases + len(re.findall(r"^--- PASS", text, re.M)), max(failed, bad_cases)
    ours = re.findall(r"^(\d+) passed, (\d+) failed$", text, re.M)
    return (int(ours[-1][0]), int(ours[-1][1])) if ours else (0, 0)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        print(*counted(file.read()))
