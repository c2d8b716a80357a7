# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd: a parent that stays (shape supervise) with an Upstart daemon, Type=notify.

As test_systemd_handover.py, but nothing is handed over: systemd tracks the bridge for life, and must
see in it what it would have seen in the daemon.
"""
import contextlib
import os
import signal

import tap
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, upstart_daemon
from systemd_host import wait_until

ENDING = ("Result", "ExecMainCode", "ExecMainStatus")
ENDS = ("exit=0", "exit=7", "exit=255", "kill=kill", "kill=usr1", "kill=term", "kill=hup", "abort")
NAMESPACE = ("/usr/bin/unshare", "--fork", "--pid", "--mount-proc", "--kill-child", "--",
             "/usr/bin/env", "--default-signal=INT,TERM")   # unshare(1) of Debian 11 ignores them


def supervised(*actions):
    return upstart_daemon("--supervise", *actions)


def zombies(parent):
    """Its children that it has not reaped. No control group lists them."""
    with open("/proc/%d/task/%d/children" % (parent, parent)) as file:
        children = file.read().split()
    found = []
    for child in children:
        with contextlib.suppress(OSError):      # just reaped
            with open("/proc/%s/stat" % child) as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    found.append(child)
    return found


class Supervise(SystemdTestCase):
    def start(self, *actions, **directives):
        self.host.service("x", *supervised(*actions), Type="notify", **directives)
        self.assert_started("x.service")

    def daemon(self):
        """Of several the first, which is the others' parent."""
        found = [p for p in self.host.processes("x.service") if p.name == "fake-daemon"]
        return min(found, key=lambda process: process.inner_pid)

    def signals(self):
        path = OUT + "/signals"
        return self.host.read(path).split() if self.host.exists(path) else []

    def kill(self, who, name):
        self.host.systemctl("kill", "--kill-who=" + who, "--signal=" + name, "x.service")

    def test_ready(self):
        self.start("stop", "touch=%s/on" % OUT, "pause")
        self.host.wait_file(OUT + "/on")
        main = self.main_process("x.service")
        self.assertEqual(main.name, "cross-init-brid")
        self.assertNotIn(self.daemon().state, "TtZ")
        self.assertEqual(len(self.host.processes("x.service")), 3)
        self.assertEqual(self.bridge_lines(), [])

    def test_a_ready_file_wants_somebody_who_removes_it(self):
        """Without --supervise, for each target that would have been handed over."""
        ready = OUT + "/x.ready"
        for target, options, say in ("upstart", ["-N"], "stop"), ("s6", ["-N"], "put=3:\\n"), \
                ("upstart", ["--ready-when=path:%s/said" % OUT], "touch=%s/said" % OUT):
            words = [BRIDGE, "-t", target, *options, "--ready-file=" + ready, "--", DAEMON, "on-term=exit:0",
                     "touch=%s/up" % OUT, "wait-file=%s/go" % OUT, say, "pause"]
            for signum in "TERM", "KILL":
                with self.row(target=target, options=options, signal=signum):
                    self.host.service("x", *words, Type="notify")
                    self.host.start("x.service", "--no-block")
                    self.host.wait_file(OUT + "/up")
                    self.assertFalse(self.host.exists(ready))
                    self.host.write(OUT + "/go", "")
                    self.host.wait_for("x.service", ActiveState="active")
                    self.host.wait_file(ready)
                    os.kill(self.daemon().pid, getattr(signal, "SIG" + signum))
                    wait_until(lambda: not self.host.exists(ready), "the end of the file")
                    wait_until(lambda: not self.host.processes("x.service"), "the end of all")
                    self.host.forget_units()
                    self.host.remove_files(OUT)

    def test_not_ready_before_the_stop(self):
        self.host.service("x", *supervised("touch=%s/up" % OUT, "wait-file=%s/go" % OUT, "stop", "pause"),
                          Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        self.assertEqual(self.host.show("x.service", "ActiveState"), {"ActiveState": "activating"})
        self.host.write(OUT + "/go", "")
        self.host.wait_for("x.service", ActiveState="active")

    def ending(self, words):
        self.host.service("x", *words, Type="notify")
        self.host.start("x.service")
        wait_until(lambda: self.host.show("x.service", "ActiveState")["ActiveState"] in ("failed", "inactive"),
                   "the unit's end")
        result = self.host.show("x.service", *ENDING)
        self.host.forget_units()
        return result

    def test_ends(self):
        """Status and signal, before readiness and after, are the daemon's."""
        self.host.write(OUT + "/go", "")
        for end in ENDS:
            with self.row(end):
                self.assertEqual(self.ending(supervised(end)), self.ending([DAEMON, end]))
                self.assertEqual(self.ending(supervised("stop", end)), self.ending([DAEMON, "notify=READY=1", end]))

    def test_each_signal_once(self):
        """To the main process alone, or to all of the unit: the daemon gets it once."""
        names = ("HUP", "USR1", "USR2", "WINCH")
        touch = ["on-%s=touch:%s/signals" % (name.lower(), OUT) for name in names]
        for who in ("main", "all"):
            with self.row(who):
                self.start(*touch, "stop", "pause")
                for count, name in enumerate(names, 1):
                    self.kill(who, name)
                    wait_until(lambda count=count: len(self.signals()) >= count, name)
                self.kill(who, "TERM")
                self.host.wait_for("x.service", ActiveState="inactive")
                self.assertEqual(self.signals(), [name.lower() for name in names])

    def test_stops(self):
        actions = ["on-term=touch:%s/signals" % OUT, "on-term=exit:0", "stop", "pause"]
        for mode in ("control-group", "mixed", "process"):
            with self.row(KillMode=mode):
                self.start(*actions, KillMode=mode)
                self.assertEqual(self.host.stop("x.service").returncode, 0)
                self.assertEqual(self.signals(), ["term"])
                wait_until(lambda: not self.host.processes("x.service"), "the end of all", 5)

    def test_killed_parent_takes_the_daemon_along(self):
        self.odd_is_expected = True     # for a moment they do remain running
        self.start("stop", "pause", KillMode="process")
        self.kill("main", "KILL")
        self.host.wait_for("x.service", ActiveState="failed")
        wait_until(lambda: not self.host.processes("x.service"), "the daemon's end", 5)
        self.assertEqual(self.host.show("x.service", "Result"), {"Result": "signal"})

    def test_killed_second_process_takes_all_along(self):
        """The daemon would be known to nobody: better the unit fails, and is restarted."""
        self.start("stop", "pause")
        second = [p for p in self.host.processes("x.service") if p.name == "cross-init-brid"
                  and p.inner_pid != self.host.main_pid("x.service")]
        os.kill(second[0].pid, signal.SIGKILL)
        self.host.wait_for("x.service", ActiveState="failed")
        wait_until(lambda: not self.host.processes("x.service"), "the daemon's end", 5)
        self.assertEqual(self.host.show("x.service", "ExecMainStatus"), {"ExecMainStatus": "125"})

    def test_main_process_of_a_pid_namespace(self):
        """PrivatePIDs= (systemd 257) makes us process 1: it stays, reaps orphans, and passes signals on."""
        script = "((exit 3) & (exit 4) &); kill -STOP $$; exec %s on-hup=touch:%s/signals touch=%s/on pause" % (
            DAEMON, OUT, OUT)
        self.host.service("x", *NAMESPACE, BRIDGE, "-t", "upstart", "-N", "--", "sh", "-c", script,
                          Type="notify", NotifyAccess="all", KillMode="mixed")
        self.assert_started("x.service")
        self.host.wait_file(OUT + "/on")
        first = next(p for p in self.host.processes("x.service") if p.name == "cross-init-brid")
        os.kill(first.pid, signal.SIGHUP)
        wait_until(lambda: self.signals() == ["hup"], "the daemon's HUP")
        wait_until(lambda: zombies(first.pid) == [], "the end of zombies")
        os.kill(first.pid, signal.SIGTERM)
        self.host.wait_for("x.service", ActiveState="failed")
        self.assertEqual(self.host.show("x.service", "ExecMainStatus"), {"ExecMainStatus": "143"})


if __name__ == "__main__":
    tap.main()
