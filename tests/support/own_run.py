# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A /run of a test program's own: what is left there of others' daemons, or is not yet gone, says nothing about its own."""
import atexit
import os
import subprocess
import sys

ENTERED = "CIB_OWN_RUN"
COMMAND = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
           'mount -t tmpfs -o mode=755 run /run && exec "$@"', "sh"]


def is_own():
    """Whether what is in /run is of this program's daemons only."""
    return ENTERED in os.environ


def enter():
    """Executes the program anew with an empty /run; where that is not possible (a user, a container) it goes on as it is."""
    if is_own() or os.geteuid() != 0:
        return
    if subprocess.run([*COMMAND, "true"], stderr=subprocess.DEVNULL).returncode == 0:
        atexit._run_exitfuncs()     # what was made while importing is made anew; nobody else would take it away
        os.execvpe(COMMAND[0], [*COMMAND, sys.executable, *sys.argv], {**os.environ, ENTERED: "1"})
