# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd: who started us, and what is our unit called.

Each row is a unit that hides some of the evidence. Separate from what is then done with it, because
detection has to be right where everything else is hidden, broken or not yet started.

"defect N" is the row of that number among the defects of the 2014 predecessor.
"""
import os
import re

import tap
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, bridge, upstart_daemon
from systemd_host import command_line

READY = ("stop", "pause")

# A root of its own: the programs, and the libraries they need.
ROOT = {"RootDirectory": "/srv/out/root",
        # what takes READY=1 is there by itself from 248 on
        "BindReadOnlyPaths": ["/usr", "-/lib", "-/lib64", "/srv/bin", "/run/systemd/notify"]}

# name of the unit, directives, UPSTART_JOB, UPSTART_INSTANCE
IDENTITIES = (
    ("plain", {}, "plain", ""),
    ("two-words", {}, "two-words", ""),
    ("foo@bar", {}, "foo", "bar"),
    ("foo@bar@baz", {}, "foo", "bar@baz"),
    ("sliced", {"Slice": "first-second.slice"}, "sliced", ""),
    ("in@stance", {"Slice": "first-second.slice"}, "in", "stance"),
    (r"esc\x2daped@a\x20b", {}, r"esc\x2daped", r"a\x20b"),
    ("memory", {}, "memory", ""),       # its cgroup is called _memory.service
    ("_odd", {}, "_odd", ""),           # and this one's __odd.service
    ("delegate", {"Delegate": "yes"}, "delegate", ""),
    ("dynamic", {"DynamicUser": "yes"}, "dynamic", ""),
    ("dynamic@user", {"DynamicUser": "yes"}, "dynamic", "user"),
    ("nobodys", {"User": "nobody"}, "nobodys", ""),
    ("no-bus", {"InaccessiblePaths": "/run/dbus"}, "no-bus", ""),
    ("no-cgroups", {"ProtectControlGroups": "yes"}, "no-cgroups", ""),
    ("no-others", {"ProtectProc": "invisible", "ProcSubset": "pid"}, "no-others", ""),
    ("private-users", {"PrivateUsers": "yes"}, "private-users", ""),
    ("private-net", {"PrivateNetwork": "yes"}, "private-net", ""),
    ("root", {**ROOT, "MountAPIVFS": "yes"}, "root", ""),
    ("empty-run", {"TemporaryFileSystem": "/run", "BindReadOnlyPaths": "/run/systemd/notify"},
     "empty-run", ""),
)


class Detection(SystemdTestCase):
    def make_root(self):
        for directory in ("usr", "lib", "lib64", "srv/bin", "run", "proc", "sys", "dev", "tmp", "etc"):
            os.makedirs(self.host.path(OUT + "/root/" + directory))

    def job_of(self, unit, manager=None):
        self.assert_started(unit, manager)
        env = self.main_process(unit, manager).environ()
        return env.get("UPSTART_JOB"), env.get("UPSTART_INSTANCE")

    def assert_jobs(self, manager, rows, wrap=lambda words: words):
        for name, directives, job, instance in rows:
            with self.row(unit=name):
                if "RootDirectory" in directives:
                    self.make_root()
                manager.service(name, *wrap(upstart_daemon(*READY)), Type="notify", **directives)
                self.assertEqual(self.job_of(name + ".service", manager), (job, instance))

    def test_job_is_the_unit_of_the_cgroup(self):
        """Seen in the predecessor: only the basename of the command was given to the daemon."""
        self.assert_jobs(self.host, IDENTITIES)

    def test_before_systemd_248(self):
        """Without SYSTEMD_EXEC_PID the parent is the evidence."""
        def old(words):
            return ["/usr/bin/env", "-u", "SYSTEMD_EXEC_PID", *words]
        self.assert_jobs(self.host, IDENTITIES, old)
        user_rows = [row for row in IDENTITIES if not row[1]]
        self.assert_jobs(self.host.user_manager(), user_rows, old)

    def test_user_manager(self):
        """Seen in the predecessor: the system manager was asked, and named the user manager's own unit."""
        rows = [row for row in IDENTITIES if not row[1]]
        self.assert_jobs(self.host.user_manager(), rows)

    def test_init_option(self):
        for option, words in (("--init=systemd", ["UPSTART_JOB=x"]),
                              ("--init=auto", ["UPSTART_JOB=x"]),
                              ("--init=upstart", ["host and target are the same"])):
            with self.row(option=option):
                self.host.service("x", *bridge("--target=upstart", "--notify", "--explain", option,
                                               "pause"), Type="oneshot", NotifyAccess="main")
                self.assert_started("x.service")
                text = "\n".join(line for _, _, line in self.messages())
                for word in words:
                    self.assertIn(word, text)

    def test_detect_prints_evidence_and_verdict(self):
        self.host.service("x", BRIDGE, "--detect", Type="oneshot")
        self.assert_started("x.service")
        text = "\n".join(line for _, _, line in self.messages())
        self.assertIn("SYSTEMD_EXEC_PID" if self.host.version() >= 248 else "our parent is PID 1", text)
        self.assertRegex(text, "verdict: systemd")

    def test_nobody_started_us(self):
        """In a shell there is neither: said so, at once."""
        result = self.host.run(BRIDGE, "-t", "upstart", DAEMON)
        self.assertEqual(result.returncode, 125)
        self.assertIn("--init", result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)


class Shell(SystemdTestCase):
    """The process that systemd tracks is the shell, so the daemon's stop cannot be carried."""

    def script(self, words, exec_word=""):
        return ["/bin/sh", "-c", "%s%s; exit $?" % (exec_word, command_line(words))]

    def test_shell_that_did_not_exec(self):
        for name, words in (("sh", []), ("old-sh", ["/usr/bin/env", "-u", "SYSTEMD_EXEC_PID"])):
            with self.row(name):
                script = self.script(upstart_daemon(*READY))
                self.host.service(name, *words, *script, Type="notify")
                self.assert_refused(name + ".service", "exec")

    def test_shell_that_did(self):
        self.host.service("x", *self.script(upstart_daemon(*READY), "exec "), Type="notify")
        self.assert_started("x.service")
        self.assert_only_daemon("x.service")

    def test_without_notify_the_shell_does_not_matter(self):
        words = bridge("--target=upstart", "--job=other", "touch=%s/ran" % OUT)
        self.host.service("x", *self.script(words), Type="oneshot")
        self.assert_started("x.service")
        self.assertTrue(self.host.exists(OUT + "/ran"))


class Bus(SystemdTestCase):
    """D-Bus: absent, not yet started, hung. It is never waited for, and rarely asked."""

    # bus-query's answers are bounded by 1 s in total; the rest is for a slow machine.
    BOUND_S = 3

    def spy_on_bus_query(self):
        """A bus-query beside the bridge that tells that it was asked."""
        self.host.write("/srv/bin/bus-query", "#!/bin/sh\necho x >>%s/asked\nexit 1\n" % OUT, 0o755)
        self.addCleanup(self.host.install, os.environ["CIB_BUS_QUERY"], "bus-query")

    def assert_not_asked(self):
        self.assertFalse(self.host.exists(OUT + "/asked"), "D-Bus was asked without need")

    def freeze_bus(self):
        self.assert_started("dbus.service")
        pid = str(self.host.main_pid("dbus.service"))
        self.host.run("kill", "-STOP", pid)
        self.addCleanup(self.host.run, "kill", "-CONT", pid)

    def start_in_time(self, unit):
        self.assert_started(unit)
        self.assert_in_time(unit)

    def assert_in_time(self, unit):
        begin, end = self.times(unit, "InactiveExit", "ActiveEnter")
        self.assertLess(end - begin, self.BOUND_S)

    def test_spy_sees_a_question(self):
        """The negative control of assert_not_asked()."""
        self.spy_on_bus_query()
        self.host.run(BRIDGE, "--detect")
        self.assertTrue(self.host.exists(OUT + "/asked"))

    def test_hung_bus_is_not_asked(self):
        """Seen in the predecessor: connecting to a stopped D-Bus daemon blocked without limit."""
        self.spy_on_bus_query()
        self.freeze_bus()
        for kind, words in (("notify", upstart_daemon(*READY)),
                            ("exec", bridge("--target=upstart", "pause"))):
            for name, directives, _, _ in IDENTITIES:
                if "RootDirectory" in directives or "PrivateUsers" in directives:
                    continue
                with self.row(unit=name, Type=kind):
                    self.host.service(name, *words, Type=kind, **directives)
                    self.start_in_time(name + ".service")
                    self.host.forget_units()
        self.assert_not_asked()

    def test_unit_before_dbus(self):
        """Seen in the predecessor: a unit ordered Before=dbus.service waited for what could not start."""
        self.host.stop("dbus.service")
        self.host.service("early", *upstart_daemon(*READY), Type="notify",
                          unit={"Before": "dbus.service dbus.socket"})
        result = self.host.start("early.service", "dbus.service")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_in_time("early.service")
        self.assert_only_daemon("early.service")

    def test_first_start_does_not_start_the_bus(self):
        """Seen in the predecessor: the connection activated dbus.service, and the name was often wrong."""
        for number in range(5):
            self.host.stop("dbus.service")
            name = "first-%d" % number
            self.host.service(name, *upstart_daemon(*READY), Type="notify")
            self.assert_started(name + ".service")
            env = self.assert_only_daemon(name + ".service").environ()
            self.assertEqual(env["UPSTART_JOB"], name)
            self.assertEqual(self.host.show("dbus.service", "ActiveState"),
                             {"ActiveState": "inactive"})

    def hidden_proc(self):
        """Directives that hide the cgroup but show bus-query where the bridge was told it is."""
        compiled = compiled_bus_query()
        directives = {"InaccessiblePaths": "/proc"}
        if compiled:
            parent = existing_parent(compiled)
            if parent in ("/", "/usr"):
                self.skipTest("the bridge was configured for a prefix that cannot be replaced")
            directives["TemporaryFileSystem"] = parent
            directives["BindReadOnlyPaths"] = "/srv/bin/bus-query:" + compiled
        return directives

    def test_hidden_proc_is_asked_over_dbus(self):
        self.host.service("foo@bar", *upstart_daemon(*READY), Type="notify", **self.hidden_proc())
        self.assert_started("foo@bar.service")
        env = self.main_process("foo@bar.service").environ()
        self.assertEqual((env["UPSTART_JOB"], env["UPSTART_INSTANCE"]), ("foo", "bar"))

    def test_hidden_proc_with_a_hung_bus(self):
        """Nothing is left that tells the name: bounded, and the daemon starts all the same."""
        self.freeze_bus()
        self.host.service("x", *upstart_daemon(*READY), Type="notify", User="nobody",
                          **self.hidden_proc())
        self.start_in_time("x.service")
        env = self.main_process("x.service").environ()
        self.assertEqual(env["UPSTART_JOB"], "fake-daemon")
        self.assertEqual(len([line for line in self.bridge_lines() if "--job" in line]), 1)


def compiled_bus_query():
    """Where the bridge looks for bus-query: the directory of helpers is compiled into it."""
    with open(os.environ["CIB"], "rb") as file:
        found = re.search(rb"/[\x21-\x7e]*/libexec/cross-init-bridge(?=\0)", file.read())
    return found.group().decode() + "/bus-query" if found else None


def existing_parent(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


if __name__ == "__main__":
    tap.main()
