# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The bridge and the scriptable daemon in units of a real systemd: what the tests share.

It knows both the bridge and systemd_host.py, which know nothing of each other. It is separate from
the tests so that each of them is little more than a table and what to expect.
"""
import contextlib
import glob
import os
import unittest

from fake_report import Report
from systemd_host import SystemdHost, wait_until

BRIDGE = "/srv/bin/cross-init-bridge"
DAEMON = "/srv/bin/fake-daemon"
OUT = "/srv/out"

# Process 1 says these when the process it tracks is not the one that runs, or not its child.
ODD = ("not our child", "does not exist", "zombie", "remains running", "reception only",
       "Cannot find unit", "Supervising process", "PID file", "Watchdog timeout")


def bridge(*words):
    """The command line of a daemon behind the bridge: options, then the daemon's actions."""
    options = [w for w in words if w.startswith("-")]
    actions = [w for w in words if not w.startswith("-")]
    return [BRIDGE, *options, "--", DAEMON, *actions]


def upstart_daemon(*actions):
    """A daemon that says by a stop that it is ready, under Type=notify."""
    return bridge("--target=upstart", "--notify", *actions)


class SystemdTestCase(unittest.TestCase):
    """Tests that share one instance; each has to leave it as it found it."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        reason = SystemdHost.missing()
        if reason:
            raise unittest.SkipTest(reason)
        cls.host = SystemdHost()
        cls.host.__enter__()
        cls.addClassCleanup(cls.host.close)
        cls.host.install(os.environ["CIB"], "cross-init-bridge")
        cls.host.install(os.environ["CIB_FAKE_DAEMON"], "fake-daemon")
        if "CIB_BUS_QUERY" in os.environ:
            cls.host.install(os.environ["CIB_BUS_QUERY"], "bus-query")

    def run(self, result=None):
        """Shows the journal's end when a test fails: nothing else tells why a unit failed."""
        failed_before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > failed_before:
            for pid, name, text in self.messages()[-60:]:
                print("#   %s[%s]: %s" % (name, pid, text), flush=True)
        return result

    def setUp(self):
        self.cursor = self.host.cursor()
        self.odd_is_expected = False    # all of it; or
        self.expected_odd = []          # lines with one of these

    def tearDown(self):
        self.clear()

    @contextlib.contextmanager
    def row(self, *name, **parameters):
        """One row of a table: a subtest that finds the instance clean and has to leave it so."""
        with self.subTest(*name, **parameters):
            self.setUp()
            try:
                yield
            finally:
                self.tearDown()

    def clear(self):
        """Ends all units, and looks for what was left and for what process 1 said to it."""
        for manager in [*self.host.users.values(), self.host]:
            manager.forget_units()
        try:
            wait_until(lambda: not self.host.leftovers(), "an end of what the units left")
        except AssertionError as error:
            self.fail("%s: %s" % (error, self.host.leftovers()))
        self.assertEqual(self.left_in_run(), [])
        self.host.remove_files(OUT)
        if not self.odd_is_expected:
            self.assertEqual(self.odd_lines(), [])

    def left_in_run(self):
        """The directories of private sockets, when nobody is there any more."""
        return glob.glob(self.host.path("/run/cross-init-bridge*"))

    # ---- what was said since the test, or the row, began ---------------------------------------
    # Of all units: the journal cannot tell the unit of a process that has ended before it looked.

    def messages(self):
        return [(e.get("_PID"), e.get("SYSLOG_IDENTIFIER"), e.get("MESSAGE") or "")
                for e in self.host.journal(after=self.cursor)]

    def odd_lines(self):
        # 247 complains of those that it has killed and not yet seen end; clear() waits for the end of all.
        expected = self.expected_odd + (["remains running"] if self.host.version() < 248 else [])
        return [text for pid, _, text in self.messages()
                if pid == "1" and any(odd in text for odd in ODD) and not any(odd in text for odd in expected)]

    def bridge_lines(self):
        return [text for _, _, text in self.messages() if text.startswith("cross-init-bridge: ")]

    # ---- assertions -------------------------------------------------------------------------

    def assert_started(self, unit, manager=None):
        result = (manager or self.host).start(unit)
        self.assertEqual(result.returncode, 0, "%s: %s" % (unit, result.stderr))

    def assert_refused(self, unit, *words, status="125"):
        """The unit fails with our own status and one line, which has all the words."""
        self.host.start(unit)
        wanted = {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": status}
        if self.host.show(unit, "Type") == {"Type": "forking"}:
            del wanted["ExecMainStatus"]        # what ended was a control process
        # A socket that the kernel writes to starts the unit again meanwhile: one look, and the same line twice.
        def failed():
            found = self.host.show(unit, *wanted)
            return found if found["ActiveState"] == "failed" else None
        self.assertEqual(wait_until(failed, "a refusal of " + unit), wanted)
        lines = self.bridge_lines()
        self.assertEqual(len(set(lines)), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]

    def assert_only_daemon(self, unit, within_s=0.8):
        """Nothing is in the unit but its main process, the daemon; returns it.

        The bridge may leave a moment after its READY=1 has been read, but not a second of an idle machine, in which
        there are seventy looks.
        """
        def alone():
            found = self.host.processes(unit)
            return found if len(found) == 1 and found[0].name == "fake-daemon" else None
        try:
            daemon = wait_until(alone, "the bridge to leave", within_s, looks=50)[0]
        except AssertionError as error:
            self.fail("%s: %s" % (error, self.host.processes(unit)))
        self.assertEqual(daemon.inner_pid, self.host.main_pid(unit))
        self.assertNotIn(daemon.state, "Tt", "the daemon is left stopped")
        return daemon

    def times(self, unit, *changes):
        """When the unit's state last changed so, as "ActiveEnter" or "InactiveEnter", by the monotonic clock, in seconds.
        On a busy machine somebody who asks again and again learns of it much later."""
        names = [change + "TimestampMonotonic" for change in changes]
        found = self.host.show(unit, *names)
        return [int(found[name]) / 1e6 for name in names]

    def main_process(self, unit, manager=None):
        """The process that the unit's manager tracks."""
        pid = (manager or self.host).main_pid(unit)
        return next(p for p in self.host.processes(unit) if p.inner_pid == pid)

    def daemon_state(self, unit="x.service"):
        """One letter, as in /proc/PID/status; None: there is no daemon."""
        return next((p.state for p in self.host.processes(unit) if p.name == "fake-daemon"), None)

    def report(self):
        return Report(self.host.wait_file(OUT + "/report"))
