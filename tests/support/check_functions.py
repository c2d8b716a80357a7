# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Checks that no function has more than 45 lines between its braces.

    python3 check_functions.py FILE...

The rows of a table are data: what stands in a function of the tests between "... = {" and "};" is not counted.
"""
import re
import sys

LONGEST = 45


def functions(lines):
    """Every function as (the number of its first line, its lines without the braces)."""
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, lines[start + 1:number]
            start = None


def without_tables(body):
    """@body without the rows of the tables in it."""
    in_table = False
    for line in body:
        if re.match(r"\t\S.* = \{$|\t\} \w+\[\] = \{$", line):
            in_table = True
        elif in_table and line == "\t};":
            in_table = False
        elif not in_table:
            yield line


def complaints(path):
    with open(path) as file:
        lines = file.read().split("\n")
    for start, body in functions(lines):
        length = len(list(without_tables(body) if path.startswith("tests/") else body))
        if length > LONGEST:
            yield "%s:%d: %d lines in a function, more than %d" % (path, start, length, LONGEST)


def main():
    found = [line for path in sys.argv[1:] for line in complaints(path)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
