# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""As process 1 of a container in which nobody listens (-i none -N): an init that reaps and passes signals on."""
import contextlib
import os
import signal
import subprocess
import tempfile
import unittest

import namespaces
import tap
from systemd_host import wait_until
from upstart_case import BRIDGE, DAEMON

CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "setpriv", "--pdeathsig", "KILL"]
# target -> what its daemon does to say that it is ready
TARGETS = {"systemd": "notify=READY=1", "upstart": "stop", "s6": "put=3:\\n"}


def children(pid):
    """None of one that has been reaped meanwhile."""
    with contextlib.suppress(OSError), open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]
    return []


def state(pid):
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[0]
    return None


class ContainerInit(unittest.TestCase):
    def setUp(self):
        if reason := namespaces.missing():
            self.skipTest(reason)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = holder.name

    @contextlib.contextmanager
    def container(self, target, *command, options=("-N",)):
        """(process of unshare(1), process 1) once the daemon has made the file "up"."""
        words = [*CONTAINER, BRIDGE, "-i", "none", "--job=x", "-t", target, *options, "--", *command]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait_until(lambda: os.path.exists(self.path("up")) or process.poll() is not None, "the daemon")
                yield process, (children(process.pid) or [None])[0]
            finally:
                process.kill()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("up"))

    def path(self, name):
        return os.path.join(self.dir, name)

    def daemon(self, target, *actions):
        return [DAEMON, TARGETS[target], "touch=" + self.path("up"), *actions]

    def test_the_daemons_status_is_its_own(self):
        for target in TARGETS:
            for actions, status in (["exit=3"], 3), (["exit=0"], 0), (["kill=9"], 128 + 9), (["kill=6"], 128 + 6):
                with self.subTest(target=target, actions=actions):
                    with self.container(target, *self.daemon(target, *actions)) as (process, _):
                        self.assertEqual(process.wait(30), status)

    def test_signals_are_the_daemons(self):
        for target in TARGETS:
            for number, status in (signal.SIGTERM, 4), (signal.SIGUSR1, 5):
                with self.subTest(target=target, number=number):
                    actions = ["on-term=exit:4", "on-usr1=exit:5"]
                    with self.container(target, DAEMON, *actions, *self.daemon(target)[1:], "pause") as (process, init):
                        os.kill(init, number)
                        self.assertEqual(process.wait(30), status)

    def test_orphans_are_reaped(self):
        script = "(setsid sh -c 'echo $$ >%s; exit 7' &); : >%s; exec sleep 1000" % (self.path("orphan"), self.path("up"))
        for target in TARGETS:
            with self.subTest(target):
                with self.container(target, "sh", "-c", script) as (process, init):
                    wait_until(lambda: os.path.exists(self.path("orphan")), "the orphan")
                    wait_until(lambda: "Z" not in [state(pid) for pid in children(init)], "an end of zombies")
                    os.kill(init, signal.SIGTERM)
                    self.assertEqual(process.wait(30), 128 + signal.SIGTERM)
                os.unlink(self.path("orphan"))

    def test_who_did_not_say_that_nobody_listens_is_refused(self):
        words = [*CONTAINER, BRIDGE, "-t", "systemd", "-N", "--", "true"]
        done = subprocess.run(words, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
        self.assertEqual(done.returncode, 125)
        self.assertIn("cannot tell which service manager started us", done.stderr)


if __name__ == "__main__":
    tap.main()
