# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-i forking, started by a test that is the init script, and who adopts orphans."""
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import own_run

BRIDGE = os.environ["CIB"]
DAEMON = os.environ["CIB_FAKE_DAEMON"]
PATIENCE_S = 20
PR_SET_CHILD_SUBREAPER = 36
FOREVER = "pause"
# How each target's daemon says that it is ready.
TARGETS = {
    "systemd": ("-N", "notify=READY=1"),
    "upstart": ("-N", "stop"),
    "s6": ("-N", "--daemon-fd=7", r"put=7:\n"),
    "condition": ("--ready-when=path:%s", "touch=%s"),
}


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("no " + what)
        os.sched_yield()


class BackgroundCase(unittest.TestCase):
    def setUp(self):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.directory = tempfile.mkdtemp(prefix="cib-background-")
        os.chmod(self.directory, 0o755)
        self.addCleanup(shutil.rmtree, self.directory)
        self.pid_file = os.path.join(self.directory, "pid")
        self.mark = os.path.join(self.directory, "mark")

    def command(self, target, *actions, options=()):
        words = [word.replace("%s", self.mark) for word in TARGETS[target]]
        return [BRIDGE, "-i", "forking", "--pidfile=" + self.pid_file,
                "-t", "systemd" if target == "condition" else target,
                *[word for word in words if word.startswith("-")], *options, "--", DAEMON, *actions]

    def says(self, target):
        return [word.replace("%s", self.mark) for word in TARGETS[target] if not word.startswith("-")]

    def run_it(self, command):
        """Into a file: a daemon that runs on has the pipe that a test would read to its end."""
        with tempfile.TemporaryFile("w+") as said:
            run = subprocess.run(command, stderr=said, stdout=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
            said.seek(0)
            return run.returncode, said.read()

    def pid(self):
        with open(self.pid_file) as file:
            text = file.read()
        self.assertRegex(text, r"^[0-9]+\n$")
        return int(text)

    def reap_all(self):
        """All that came to us has ended: then the file is gone, too."""
        deadline = time.monotonic() + PATIENCE_S
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.005)
        self.assertFalse(os.path.exists(self.pid_file))
        if not own_run.is_own():
            return
        self.assertEqual([name for name in os.listdir("/run") if name.startswith("cross-init-bridge.")
                          and not os.path.exists("/proc/" + name.rpartition(".")[2])], [])

    @staticmethod
    def tidy_up():
        """Which a babysitter that was killed cannot do."""
        for name in os.listdir("/run") if own_run.is_own() else []:
            if name.startswith("cross-init-bridge."):
                shutil.rmtree("/run/" + name, ignore_errors=True)

    def end(self):
        os.kill(self.pid(), signal.SIGTERM)
        self.reap_all()

    def children(self):
        pid = os.getpid()
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]
