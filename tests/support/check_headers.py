# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""check_headers.py FILE...: each says whose it is and by which licence; fails, and names those that do not.

At the head, but for texts that are read from the top. Without a comment, and so without that: the number in s6's
notification-fd, the licence itself, and what Debian's tools read as data, which debian/copyright speaks for.
"""
import os
import sys

WORDS = "Copyright (C) 2026 the cross-init-bridge authors", "GPL-3.0-or-later"
AT_THE_END = "AUTHORS", "NEWS", "README"
EXEMPT = ("COPYING", "tests/packaging/debian/changelog.in",
          "tests/packaging/debian/copyright", "tests/packaging/debian/source/format")
HEAD_LINES = 4


def is_exempt(path):
    return path in EXEMPT or os.path.basename(path) == "notification-fd"


def lacks(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    text = "\n".join(lines if os.path.basename(path) in AT_THE_END else lines[:HEAD_LINES])
    return not all(word in text for word in WORDS)


lacking = [path for path in sys.argv[1:] if not is_exempt(path) and lacks(path)]
for name in lacking:
    print("%s: no copyright or licence at its head" % name)
sys.exit(1 if lacking else 0)
