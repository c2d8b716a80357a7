# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""May we make namespaces, and mount in them, as the hosts of the tests do? Root in a container may not.

Separate because both hosts ask, and what needs neither of them.
"""
import functools
import os
import subprocess

# What the hosts do first; a node of /dev stands for the rest.
ATTEMPT = """
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
: >/run/null
mount --bind /dev/null /run/null
mkdir /run/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /run/pts
"""


@functools.lru_cache(maxsize=None)
def missing():
    """Why not, or None."""
    if os.geteuid() != 0:
        return "needs root: namespaces"
    try:
        done = subprocess.run(["unshare", "--fork", "--pid", "--mount", "--net", "--ipc", "--cgroup", "--propagation",
                               "private", "sh", "-ec", ATTEMPT], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
    except FileNotFoundError:
        return "unshare is not installed"
    if done.returncode:
        return "namespaces cannot be made: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return None
