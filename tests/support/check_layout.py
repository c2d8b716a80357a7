# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Checks that no file of src/ includes one from above its own folder, nor another in a circle.

    python3 check_layout.py SRC

The folders from the top to the bottom; the papers that pass between the stages, which have no folder, stand
between conditions and targets. Hosts and targets know nothing of each other.
"""
import os
import re
import sys

LAYERS = ["main.c", "completions", "act", "babysitter", "decide", "observe", "hosts", "targets", "", "condition", "bus",
          "fd", "notify", "base"]
APART = {"bus-query", "check", "probe"}  # a program of its own, which shares no more than what is its protocol
STRANGERS = {"hosts", "targets"}


def top(path):
    return path if path == "main.c" else path.partition("/")[0] if "/" in path else ""


def includes(src):
    """Every (file, included file), by their paths from SRC."""
    for folder, _, names in os.walk(src):
        for name in names:
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.relpath(os.path.join(folder, name), src)
            with open(os.path.join(folder, name)) as file:
                for found in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
                    yield path, found


def in_circles(graph):
    """The modules (a .c and its .h) that are left when those that include nobody who is left are taken away."""
    left = {module: others - {module} for module, others in graph.items()}
    while True:
        leaves = [module for module in left if not left[module] & left.keys()]
        if not leaves:
            break
        for module in leaves:
            del left[module]
    # What only includes a circle is not in one.
    while True:
        roots = [module for module in left if not any(module in others for others in left.values())]
        if not roots:
            return set(left)
        for module in roots:
            del left[module]


def complaints(src):
    graph = {}
    for path, found in includes(src):
        a, b = top(path), top(found)
        if not os.path.exists(os.path.join(src, found)):
            yield "%s: %s is not written from src/" % (path, found)
        elif a not in APART and (b in APART or LAYERS.index(b) < LAYERS.index(a)):
            yield "%s: %s is above it" % (path, found)
        elif {a, b} == STRANGERS:
            yield "%s: %s, but hosts and targets do not know each other" % (path, found)
        graph.setdefault(path[:-2], set()).add(found[:-2])
    circle = in_circles(graph)
    if circle:
        yield "these include each other in a circle: " + ", ".join(sorted(circle))


def main():
    found = list(complaints(sys.argv[1]))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
