# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""count_results.py FILE REASONS FAILURES: prints how many tests passed, failed and were skipped in meson's JUnit log.

Why each was skipped is added to the file REASONS, a line for each; what failed to FAILURES, with the end of what was
said about it.

A program that crashed or was killed has an error and perhaps no test: it counts as failed. Where there
is not a log, which meson does not write after a time-out, nothing is known to have passed.
"""

import os
import re
import sys
import xml.etree.ElementTree as tree

SKIPPED = re.compile(r"^ok \d+.*# SKIP ?(.*)$", re.MULTILINE)

# Of what tap.py says about failures, which begins with a mark.
DIAGNOSIS = re.compile(r"^# (?!.* skipped: )(.*)$", re.MULTILINE)
DIAGNOSIS_LINES = 30

# What tests print as it is, and XML has no way to say.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return tree.fromstring(CONTROL.sub("?", file.read()).encode())


def is_bad(case):
    return case.find("failure") is not None or case.find("error") is not None


def describe(suite):
    """The names of what failed in a test program, and why."""
    names = [case.get("name") for case in suite.findall("testcase") if is_bad(case)]
    said = DIAGNOSIS.findall((suite.findtext("system-out") or "") + "\n" + (suite.findtext("system-err") or ""))
    return ["%s: %s" % (suite.get("name"), ", ".join(names) or "all of it")] + \
        ["    " + line for line in said[-DIAGNOSIS_LINES:]]


passed = failed = skipped = 0
for suite in read(sys.argv[1]) if os.path.exists(sys.argv[1]) else ():
    cases = suite.findall("testcase")
    bad = sum(map(is_bad, cases))
    missing = sum(1 for case in cases if case.find("skipped") is not None)
    if int(suite.get("failures", 0)) + int(suite.get("errors", 0)) > 0 and bad == 0:
        bad = 1
    failed += bad
    skipped += missing
    passed += max(len(cases) - bad - missing, 0)
    with open(sys.argv[2], "a", encoding="utf-8") as reasons:
        for reason in SKIPPED.findall(suite.findtext("system-out") or ""):
            print(reason, file=reasons)
    if bad:
        with open(sys.argv[3], "a", encoding="utf-8") as failures:
            print(*describe(suite), sep="\n", file=failures)
print(passed, failed, skipped)
