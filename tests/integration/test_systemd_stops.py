# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd: the signals of an Upstart daemon, Type=notify with -t upstart -N.

Whether it is ready or not yet, and whomever in the unit systemd signals (KillMode=), a stop reaches
the daemon once. The rest of the shape hand over is in test_systemd_handover.py, whose head says more.
"""
import contextlib
import os
import signal

import tap
from systemd_case import OUT, SystemdTestCase, upstart_daemon
from systemd_host import wait_until


class Stops(SystemdTestCase):
    """A stop reaches the daemon, once, wherever systemd sends it."""

    KILL_MODES = {"control-group": 1, "mixed": 1, "process": 1, "none": 0}

    def start(self, before_ready, actions, **directives):
        """A daemon that is ready, or not yet, and has set up its signals."""
        words = [*actions, *([] if before_ready else ["stop"]), "touch=%s/up" % OUT, "pause"]
        self.host.service("x", *upstart_daemon(*words), Type="notify", **directives)
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        if not before_ready:
            self.host.wait_for("x.service", ActiveState="active")

    def signals(self):
        path = OUT + "/signals"
        return self.host.read(path).split() if self.host.exists(path) else []

    def test_kill_modes(self):
        """Seen in the predecessor: before readiness the daemon was orphaned, or killed without SIGTERM."""
        actions = ["on-term=touch:%s/signals" % OUT, "on-term=exit:0"]
        for mode, count in self.KILL_MODES.items():
            for before_ready in (True, False):
                with self.row(KillMode=mode, before_ready=before_ready):
                    self.odd_is_expected = mode == "none"       # systemd leaves all alive
                    self.start(before_ready, actions, KillMode=mode)
                    self.assertEqual(self.host.stop("x.service").returncode, 0)
                    self.assertEqual(self.signals(), ["term"] * count)
                    if count:
                        self.assertEqual(self.host.processes("x.service"), [])
                    self.end_survivors()

    def end_survivors(self):
        """KillMode=none leaves all running, with the bridge as without."""
        for process in self.host.processes("x.service"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def test_kill_signals(self):
        """Seen in the predecessor: INT, QUIT, HUP and USR1 were not forwarded."""
        for name in ("INT", "QUIT", "HUP", "USR1", "USR2", "WINCH"):
            actions = ["on-%s=touch:%s/signals" % (name.lower(), OUT), "on-%s=exit:0" % name.lower()]
            for mode in ("control-group", "mixed"):
                for before_ready in (True, False):
                    with self.row(KillSignal=name, KillMode=mode, before_ready=before_ready):
                        self.start(before_ready, actions, KillSignal="SIG" + name, KillMode=mode)
                        self.assertEqual(self.host.stop("x.service").returncode, 0)
                        self.assertEqual(self.signals(), [name.lower()])
                        self.assertEqual(self.host.processes("x.service"), [])

    def test_each_signal_once(self):
        """A daemon that does not end at the first would see a second; then SIGKILL ends it."""
        for name in ("TERM", "HUP"):
            for mode in ("control-group", "mixed", "process"):
                for before_ready in (True, False):
                    with self.row(KillSignal=name, KillMode=mode, before_ready=before_ready):
                        self.odd_is_expected = mode == "process"    # a killed main process
                        self.start(before_ready, ["on-%s=touch:%s/signals" % (name.lower(), OUT)],
                                   KillSignal="SIG" + name, KillMode=mode, TimeoutStopSec="1s")
                        self.host.stop("x.service")
                        wait_until(lambda: not self.host.processes("x.service"), "the end", 5)
                        self.assertEqual(self.signals(), [name.lower()])

    def test_signal_that_the_daemon_survives(self):
        """One that is not an end is forwarded as well, each time once."""
        self.host.service("x", *upstart_daemon("on-hup=touch:%s/signals" % OUT, "touch=%s/up" % OUT,
                                               "wait-file=%s/go" % OUT, "stop", "pause"),
                          Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        for count, who in enumerate(("main", "all", "main"), 1):
            self.host.systemctl("kill", "--kill-who=" + who, "--signal=HUP", "x.service")
            wait_until(lambda n=count: len(self.signals()) >= n, "the signal")
        self.host.write(OUT + "/go", "")
        self.host.wait_for("x.service", ActiveState="active")
        self.assertEqual(self.signals(), ["hup"] * 3)

    def test_daemon_that_ignores_the_stop(self):
        """Then SIGKILL follows, and nothing survives it."""
        for before_ready in (True, False):
            for mode in ("control-group", "mixed"):
                with self.row(KillMode=mode, before_ready=before_ready):
                    self.start(before_ready, ["on-term=ignore"], KillMode=mode,
                               TimeoutStopSec="300ms")
                    self.host.stop("x.service")
                    self.assertEqual(self.host.processes("x.service"), [])

    def test_start_timeout(self):
        """Seen in the predecessor: a daemon that never becomes ready is ended, not orphaned."""
        for mode in ("control-group", "mixed", "process"):
            with self.row(KillMode=mode):
                self.host.service("x", *upstart_daemon("on-term=touch:%s/signals" % OUT,
                                                       "on-term=exit:0", "pause"),
                                  Type="notify", KillMode=mode, TimeoutStartSec="2s")
                self.assertNotEqual(self.host.start("x.service").returncode, 0)
                self.assertEqual(self.host.show("x.service", "Result"), {"Result": "timeout"})
                self.assertEqual(self.signals(), ["term"])
                self.assertEqual(self.host.processes("x.service"), [])

    def test_stop_between_the_stop_and_readiness(self):
        """The same, made certain: systemd stops the unit while the daemon waits for its SIGCONT.

        systemd 252 ignores MAINPID= then, so who leaves before the daemon has ended orphans it.
        """
        for mode in ("control-group", "mixed", "process"):
            with self.row(KillMode=mode):
                self.host.service("x", *upstart_daemon("on-term=touch:%s/signals" % OUT,
                                                       "touch=%s/up" % OUT, "wait-file=%s/go" % OUT,
                                                       "stop", "wait-file=%s/end" % OUT,
                                                       "touch=%s/done" % OUT),
                                  Type="notify", KillMode=mode)
                self.host.start("x.service", "--no-block")
                self.host.wait_file(OUT + "/up")
                os.kill(self.main_process("x.service").pid, signal.SIGSTOP)
                self.host.write(OUT + "/go", "")
                wait_until(lambda: self.daemon_state() == "T", "the daemon's stop")
                # SIGTERM and SIGCONT: the bridge goes on, and finds both
                self.host.stop("x.service", "--no-block")
                self.host.wait_file(OUT + "/signals")
                self.assertEqual(self.host.show("x.service", "ActiveState"),
                                 {"ActiveState": "deactivating"})
                self.host.write(OUT + "/end", "")
                self.host.wait_for("x.service", ActiveState="inactive")
                self.assertTrue(self.host.exists(OUT + "/done"), "the daemon was killed")
                self.assertEqual(self.signals(), ["term"])

    def test_stop_in_the_moment_of_readiness(self):
        """Seen in the predecessor: SIGTERM at the moment of the daemon's stop left it frozen."""
        for mode in ("control-group", "mixed", "process"):
            with self.row(KillMode=mode):
                # a launcher that lingers because it was signaled ends a moment after the daemon
                self.odd_is_expected = mode == "process"
                # killed before systemd has read which process it is
                self.expected_odd = ["does not exist or is a zombie"]
                self.host.service("x", *upstart_daemon("stop", "pause"), Type="notify", KillMode=mode)
                self.host.systemctl("daemon-reload")
                # no event to wait for: the sweep is over the moments of a start
                for step in range(40):
                    self.host.run("sh", "-c", "systemctl start --no-block x.service; sleep 0.%03d; "
                                  "systemctl stop x.service" % step)
                    if mode != "process":
                        self.assertEqual(self.host.processes("x.service"), [])
                    wait_until(lambda: not self.host.processes("x.service"), "the end of all", 5)


if __name__ == "__main__":
    tap.main()
