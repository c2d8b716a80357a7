# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A service manager that is itself a service of another, each with the bridge; and loggers, which end with what they log.

What the inner one's service says is the inner one's: the outer has not heard of it, nor has whoever listens where an
inherited NOTIFY_SOCKET points to.
"""
import contextlib
import os
import shlex
import shutil
import socket
import unittest

import tap
from managers.cases import ManagerTestCase, Recipe, open_gate
from managers.containers import Conmon, Crun, Nspawn, Runc
from managers.manager import write_file, write_script
from managers.scripts import OpenRC, OpenRCOfDpkg, OpenRCSupervised, StartStopDaemon
from managers.supervision import S6, Daemontools, Runit
from managers.supervisord import Supervisord
from upstart_case import BRIDGE, DAEMON
from upstart_host import poll_until

READY_FILE = ["--ready-file={ready}"]
AWAIT = 'command_background=true\nstart_stop_daemon_args="--notify-await --notify-timeout 20"\n'
OUTER = {
    "s6": Recipe(S6),
    "runit": Recipe(Runit, READY_FILE),
    "daemontools": Recipe(Daemontools, READY_FILE),
    "supervisord": Recipe(Supervisord, READY_FILE),
    "openrc": Recipe(OpenRC, ["-i", "forking", "--pidfile={pid}", "--stdio=null"]),
    "openrc, awaiting": Recipe(OpenRCOfDpkg, settings=AWAIT),
    "supervise-daemon": Recipe(OpenRCSupervised, READY_FILE, supervised=True),
    "dpkg": Recipe(StartStopDaemon),
    "crun": Recipe(Crun),
    "runc": Recipe(Runc),
    "conmon": Recipe(Conmon),
    "nspawn": Recipe(Nspawn),
}


class Nested(ManagerTestCase):
    """s6-svscan as a service: it says by a newline that it is ready, its service by READY=1."""

    recipe = Recipe(S6)

    def scan(self, world):
        """Its directory, with one service, which waits for a gate."""
        scan = os.path.join(world.dir, "scan")
        gate = os.path.join(world.dir, "gate")
        words = [BRIDGE, "-t", "systemd", "-N", "--", DAEMON, "on-term=exit:0", "wait-file=" + gate, "notify=READY=1",
                 "touch=%s/inner" % world.dir, "pause"]
        write_script(scan + "/web/run", "exec 2>>%s/inner.log\nexec %s\n" % (world.dir, shlex.join(words)))
        write_file(scan + "/web/notification-fd", "3\n")
        return scan, gate

    def check(self, recipe):
        with recipe.world(env={"NOTIFY_SOCKET": "/run/outer"}) as world:
            scan, gate = self.scan(world)
            own = [option.format(ready=world.ready_path("job"), pid=world.dir + "/job.pid") for option in recipe.options]
            world.service("job", [BRIDGE, "-t", "s6", "-N", "--daemon-fd=9", *own, "--", "s6-svscan", "-d", "9", scan],
                          **recipe.how)
            world.be_up()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as outer:
                outer.bind(world.path("/run/outer"))
                world.start("job")
                self.assertTrue(world.is_ready("job"))
                inner = ["s6-svstat", "-o", "ready", scan + "/web"]
                poll_until(lambda: world.run(inner)[1] == "false\n")
                open_gate(gate)
                poll_until(lambda: world.run(inner)[1] == "true\n")
                self.assertTrue(world.is_ready("job"))
                world.stop("job")
                with contextlib.suppress(FileNotFoundError), open(world.dir + "/inner.log") as log:
                    self.assertEqual(log.read(), "")
                poll_until(lambda: not self.left(world))
                self.assertEqual(world.leftovers(), ([], []))
                with self.assertRaises(BlockingIOError):
                    outer.recv(4096)

    @staticmethod
    def left(world):
        found = []
        for process in world.processes():
            with contextlib.suppress(OSError):      # it has ended since
                if process.state != "Z" and (process.comm == "fake-daemon" or
                                             "scan" in world.proc(process.pid, "cmdline").split("\0")[-2:-1]):
                    found.append(process)
        return found

    def test_the_inner_ones_service_is_the_inner_ones(self):
        for name, recipe in OUTER.items():
            with self.subTest(name):
                if recipe.manager.missing():
                    self.skipTest(recipe.manager.missing())
                self.check(recipe)


class Loggers(unittest.TestCase):
    """A pipe to a logger of its own, for the manager would keep its own open: it ends with the daemon."""

    # manager, options, the logger's words, where it writes
    rows = {
        "s6-log": (S6, (), "s6-log -b -- t {log}"),
        "svlogd": (Runit, READY_FILE, "svlogd -tt {log}"),
        "multilog": (Daemontools, READY_FILE, "multilog t {log}"),
    }

    def check(self, name, manager, options, logger):
        with manager() as world:
            log = os.path.join(world.dir, "logs")
            os.mkdir(log)
            own = [option.format(ready=world.ready_path("job")) for option in options]
            words = [BRIDGE, "-t", "systemd", "-N", *own, "--", DAEMON, "on-term=exit:0", "print=hello", "notify=READY=1",
                     "notify=STATUS=All is well", "barrier", "touch=%s/said" % world.dir, "pause"]
            world.service("job", words)
            pipe = os.path.join(world.dir, "pipe")
            os.mkfifo(pipe)
            write_script(world.directory("job") + "/run", "exec >%s 2>&1\nexec %s\n" % (pipe, shlex.join(words)))
            world.be_up()
            reader = world.spawn(["sh", "-c", "%s <%s" % (logger.format(log=log), pipe)])
            world.start("job")
            poll_until(lambda: os.path.exists(world.dir + "/said"))
            self.assertIsNone(reader.poll())
            world.stop("job")
            reader.communicate(timeout=10)
            with open(log + "/current") as file:
                self.assertIn("All is well", file.read())

    def test_its_end_of_file_comes_with_the_daemons_end(self):
        for name, (manager, options, logger) in self.rows.items():
            with self.subTest(name):
                if manager.missing() or not shutil.which(logger.split()[0]):
                    self.skipTest("needs " + name)
                self.check(name, manager, options, logger)


del ManagerTestCase

if __name__ == "__main__":
    tap.main()
