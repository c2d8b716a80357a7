# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Other service managers as services of systemd: their services are theirs, and systemd hears nothing of them.

Each inherits NOTIFY_SOCKET, SYSTEMD_EXEC_PID and the cgroup of the unit, and hands them down; only the parent tells.
"""
import shlex
import shutil

import tap
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase
from systemd_host import wait_until

PLACE = "/srv/nested"
READY = OUT + "/ready"
CONFIG = """[supervisord]
nodaemon=true
user=root
logfile=/dev/null
logfile_maxbytes=0
pidfile={place}/pid
[program:web]
command={command}
startsecs=0
redirect_stderr=true
stdout_logfile={out}/log
stdout_logfile_maxbytes=0
"""
READY_FILE = "--ready-file=" + READY

# manager -> its command, the bridge's options below it, a file of the service's directory
MANAGERS = {
    "runit": (["runsvdir", PLACE], [READY_FILE], {}),
    "daemontools": (["svscan", PLACE], [READY_FILE], {}),
    "s6": (["s6-svscan", PLACE], [], {"notification-fd": "3\n"}),
    "supervisord": (["supervisord", "-c", PLACE + "/conf"], [READY_FILE], {}),
}


class Nested(SystemdTestCase):
    def arrange(self, manager, *actions, options=None):
        """A unit with @manager, and a service below that."""
        command, own, files = MANAGERS[manager]
        if not shutil.which(command[0]):
            self.skipTest("needs " + command[0])
        words = [BRIDGE, *(own if options is None else options), "-t", "systemd", "-N", "--", DAEMON, *actions]
        self.host.run("rm", "-rf", PLACE)
        self.host.run("mkdir", "-p", PLACE + "/web", OUT)
        self.host.write(PLACE + "/conf", CONFIG.format(place=PLACE, out=OUT, command=shlex.join(words)))
        self.host.write(PLACE + "/web/run", "#!/bin/sh\nexec >>%s/log 2>&1\nexec %s\n" % (OUT, shlex.join(words)), 0o755)
        for name, text in files.items():
            self.host.write(PLACE + "/web/" + name, text)
        self.host.service("x", *command, Type="notify", NotifyAccess="all", TimeoutStartSec="60",
                          TimeoutStopSec="20")
        self.host.systemctl("start", "--no-block", "x.service")

    def left_in_run(self):
        """The next start removes it: in a container with the old cgroups systemd does not wait for who is left when its
        main process has ended, here the manager, but kills it, babysitters too (unit_kill_context() of 252).
        """
        if super().left_in_run():
            self.host.run("sh", "-c", '"$@" 5>&1 >/dev/null | cat', "-", BRIDGE, "-i", "newline", "--host-fd=5", "-t", "systemd", "-N",
                          "--", DAEMON, "exit=0")
            wait_until(lambda: not super(Nested, self).left_in_run(), "an end of what was left in /run")
        return super().left_in_run()

    def log(self):
        return self.host.read(OUT + "/log") if self.host.exists(OUT + "/log") else ""

    def is_ready(self, manager):
        if manager == "s6":
            self.host.wait_file(OUT + "/said")
            return self.host.run("s6-svwait", "-U", "-t", "10000", PLACE + "/web").returncode == 0
        return self.host.wait_file(READY) == ""

    def test_readiness_is_the_inner_ones(self):
        for manager in MANAGERS:
            with self.row(manager):
                self.arrange(manager, "on-term=exit:0", "notify=READY=1", "notify=STATUS=Here", "barrier",
                             "touch=%s/said" % OUT, "pause")
                self.assertTrue(self.is_ready(manager))
                self.host.wait_file(OUT + "/said")
                self.assertEqual(self.host.show("x.service", "ActiveState", "StatusText"),
                                 {"ActiveState": "activating", "StatusText": ""})
                self.assertNotIn("cross-init-bridge: ", self.log())
                wait_until(lambda: "]: status: Here\n" in self.log(), "the daemon's status")
                self.host.stop("x.service")
                if not super().left_in_run():   # or it was killed
                    self.assertFalse(self.host.exists(READY))

    def test_who_waits_for_nobody_is_named(self):
        for manager in "runit", "daemontools", "supervisord":
            with self.row(manager):
                self.arrange(manager, "touch=%s/ran" % OUT, options=[])
                line = ("cross-init-bridge: -N on host %s: nobody waits until the daemon is ready: add --ready-file=PATH" %
                        manager)
                wait_until(lambda: line in self.log(), "the line")
                self.host.stop("x.service")
                self.assertFalse(self.host.exists(OUT + "/ran"))


del SystemdTestCase

if __name__ == "__main__":
    tap.main()
