# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Checks that a function that another folder uses says in its header what it does, and what it returns.

    python3 check_contracts.py src

A comment right before it, or before the first of several declarations in a row, is its contract. If it
returns an int or a number of its own kind, the comment has the word "returns"; what a question (bool) or
a name that begins with NO_ answers needs none. base/direct.h has the C library's functions, whose
contracts are the standard's.
"""
import pathlib
import re
import sys

DECLARATION = re.compile(r"(?ms)^(?!static|typedef|extern|struct \w+ \{|enum)([a-z][\w \*]*?)\b(\w+)\([^;{}]*?\)"
                         r"(?:\s*__attribute__\(\(.*?\)\))?;")
NUMBER = re.compile(r"int |pid_t |ssize_t ")
WITHOUT = {"base/direct.h"}


def contract(text, at):
    """The comment that the declaration at @at in @text belongs to, or None."""
    lines = text[:at].split("\n")[:-1]
    while lines and (lines[-1].rstrip().endswith(";") or re.search(r"; +/\*.*\*/$", lines[-1]) or
                     (lines[-1].startswith("\t") and lines[-1])):
        lines.pop()         # those before it in the same row
    if not lines or not lines[-1].rstrip().endswith("*/"):
        return None
    comment = "\n".join(lines)
    return comment[comment.rfind("/*"):]


def complaints(root):
    texts = {path.relative_to(root): path.read_text() for path in sorted(root.rglob("*.[ch]"))}
    for path, text in texts.items():
        if path.suffix != ".h" or str(path) in WITHOUT:
            continue
        for match in DECLARATION.finditer(text):
            kind, name = match.group(1), match.group(2)
            if not any(other.parent != path.parent and re.search(r"\b%s\b" % name, body)
                       for other, body in texts.items()):
                continue
            comment = contract(text, match.start())
            where = "%s:%d: %s()" % (path, text[:match.start()].count("\n") + 1, name)
            if comment is None:
                yield "%s is used by another folder, and has no contract" % where
            elif NUMBER.match(kind) and "*" not in kind and not re.search("(?i)return|NO_", comment):
                yield "%s: its contract does not say what it returns" % where


def main():
    found = list(complaints(pathlib.Path(sys.argv[1])))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
