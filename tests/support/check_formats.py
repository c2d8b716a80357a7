# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Checks that formats have nothing that base/direct_print.c, which prints them, does not know.

    python3 check_formats.py FILE...
"""
import re
import sys

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
DATA = re.compile(r"%(?:[1-9n]\b|\+=)")    # of templates, s6's number, and characters of a set
CONVERSION = re.compile(r"%(?:[-0#]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:l|ll|z)?[duoxcs%])")


def main():
    found = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        found += ["%s:%d: %s" % (path, number, line.strip()) for number, line in enumerate(lines, 1)
                  if "sscanf" not in line and not line.lstrip().startswith(("*", "/*"))
                  for string in STRING.findall(line) if "%" in DATA.sub("", CONVERSION.sub("", string))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
