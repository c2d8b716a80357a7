# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-i forking in units of Type=forking: systemd takes the process that the pid file names for the main one."""
import tap
from systemd_case import BRIDGE, DAEMON, SystemdTestCase
from systemd_host import wait_until

PID_FILE = "/run/x.pid"
# The options, and what the daemon does, for each target; and who is the main process then.
TARGETS = {
    "systemd": (["-t", "systemd", "-N"], ["notify=READY=1"], "fake-daemon"),
    "supervised": (["-t", "systemd", "-N", "--supervise"], ["notify=READY=1"], "cross-init-brid"),
    "upstart": (["-t", "upstart", "-N", "--job=x"], ["stop"], "cross-init-brid"),
    "s6": (["-t", "s6", "-N", "--daemon-fd=7"], [r"put=7:\n"], "fake-daemon"),
    "condition": (["-t", "systemd", "--ready-when=path:/run/mark"], ["touch=/run/mark"], "fake-daemon"),
}


class TypeForking(SystemdTestCase):
    def service(self, options, *actions, **settings):
        self.host.run("rm", "-f", "/run/mark")
        self.host.service("x", BRIDGE, "-i", "forking", "--pidfile=" + PID_FILE, *options, "--", DAEMON, *actions,
                          Type="forking", PIDFile=PID_FILE, **settings)

    def pid_in_file(self):
        with open(self.host.path(PID_FILE)) as file:
            return file.read()

    def test_each_target(self):
        for name, (options, says, main) in TARGETS.items():
            with self.row(name):
                self.service(options, *says, "on-term=exit:0", "pause")
                self.assert_started("x.service")
                self.assertEqual(self.main_process("x.service").name, main)
                self.assertEqual(self.pid_in_file(), str(self.host.main_pid("x.service")) + "\n")
                self.host.systemctl("stop", "x.service")
                self.assertFalse(self.host.exists(PID_FILE))
                self.assertEqual(self.host.show("x.service", "Result")["Result"], "success")

    def test_a_death_before_readiness(self):
        for name, (options, _, _) in TARGETS.items():
            for action in "exit=3", "exit=0", "kill=usr1":
                with self.row(name, action=action):
                    self.odd_is_expected = action == "exit=0"     # that there is no file
                    self.service(options, action)
                    self.assertNotEqual(self.host.start("x.service").returncode, 0)
                    self.assertFalse(self.host.exists(PID_FILE))

    def test_a_start_that_systemd_gives_up(self):
        for name, (options, _, _) in TARGETS.items():
            with self.row(name):
                self.service(options, "on-term=exit:0", "pause", TimeoutStartSec="1")
                self.assertNotEqual(self.host.start("x.service").returncode, 0)
                self.assertEqual(self.host.show("x.service", "Result")["Result"], "timeout")
                self.assertFalse(self.host.exists(PID_FILE))

    def test_a_killed_daemon_is_started_again(self):
        for name, (options, says, _) in TARGETS.items():
            with self.row(name):
                self.service(options, *says, "on-term=exit:0", "pause", Restart="always", RestartSec="0")
                self.assert_started("x.service")
                first = str(self.host.main_pid("x.service"))
                self.host.systemctl("kill", "--kill-who=main", "--signal=KILL", "x.service")
                wait_until(lambda: str(self.host.main_pid("x.service")) not in ("0", first)
                                     and self.host.show("x.service", "ActiveState")["ActiveState"] == "active", "next life")
                self.assertEqual(self.pid_in_file(), str(self.host.main_pid("x.service")) + "\n")
                self.host.systemctl("stop", "x.service")
                self.assertFalse(self.host.exists(PID_FILE))


del SystemdTestCase

if __name__ == "__main__":
    tap.main()
