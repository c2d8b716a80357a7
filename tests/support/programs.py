# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Are the programs here that tests name, and that building the bridge does not need? Without one, a unit, a job or a
command that names it is not tried.

Separate because both hosts of the tests ask, with each text that they are given, as they ask ipv6.py: so a row of a
table is skipped that needs such a program, and the others run.
"""
import functools
import os
import re
import shutil
import subprocess
import unittest

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# By their names, wherever they are; systemd's daemons by their places.
NAMED = re.compile(r"(?<![\w-])(?:dbus-daemon|dbus-send|systemd-notify)(?![\w.-])|/lib/systemd/systemd-\w+")


def missing(text):
    """Which program that @text names is not installed here: a reason for a skip. None if all are."""
    for name in NAMED.findall(text):
        if not (os.path.exists(name) if name.startswith("/") else shutil.which(name, path=PATH)):
            return os.path.basename(name) + " is not installed"
    return None


def need(text):
    """Skips the test, or the row of its table, if @text names a program that is not here."""
    if reason := missing(text):
        raise unittest.SkipTest(reason)


@functools.lru_cache(maxsize=None)
def out_of_reach(path, uid):
    """Why user @uid cannot execute @path, or None: so it is where that was built below a directory closed to others."""
    if os.geteuid() != 0:
        return "needs root: another user"
    test = ["setpriv", "--reuid=%d" % uid, "--clear-groups", "test", "-x", path]
    return None if subprocess.run(test, check=False).returncode == 0 else "other users do not come to where this was built"


def need_reach(path, uid):
    """Skips the test, or the row of its table, if user @uid cannot execute @path."""
    if reason := out_of_reach(path, uid):
        raise unittest.SkipTest(reason)
