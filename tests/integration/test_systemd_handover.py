# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd: the readiness of an Upstart daemon, Type=notify with -t upstart -N.

The daemon stops itself; systemd must then track it as if it had started it itself: its readiness,
its end, and nobody else in the unit. Separate from test_systemd_replace.py, where no process comes
between; its signals are in test_systemd_stops.py.

"defect N" is the row of that number among the defects of the 2014 predecessor. Each test also fails
on a line of process 1 about a process that is not the one it tracks (systemd_case.ODD).
"""
import contextlib
import os
import re
import signal
import time

import tap
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, upstart_daemon
from systemd_host import wait_until

ENDING = ("Result", "ExecMainCode", "ExecMainStatus")

# Ways to end, and whether they are one of the "clean" signals, which systemd takes for a stop.
ENDS = ("exit=7", "exit=1", "exit=200", "kill=kill", "kill=usr1", "kill=alrm", "kill=9", "abort",
        "kill=term", "kill=hup", "kill=int", "kill=pipe", "exit=0")

# Directives that break a careless bridge.
SANDBOXES = {
    "file-system": {"PrivateTmp": "yes", "ProtectSystem": "strict", "PrivateDevices": "yes",
                    "ProtectControlGroups": "yes", "ReadWritePaths": OUT, "ProtectHome": "yes"},
    "system-calls": {"SystemCallFilter": ["@system-service", "~@privileged @resources"],
                     "SystemCallArchitectures": "native"},
    "memory": {"MemoryDenyWriteExecute": "yes", "LockPersonality": "yes", "RestrictRealtime": "yes"},
    "unix-only": {"RestrictAddressFamilies": "AF_UNIX"},
    "network": {"PrivateNetwork": "yes"},
    "users": {"PrivateUsers": "yes"},
    "proc": {"ProtectProc": "invisible", "ProcSubset": "pid", "User": "www-data"},
    "no-proc": {"InaccessiblePaths": "/proc"},
    "privileges": {"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "User": "www-data"},
    "no-capabilities": {"CapabilityBoundingSet": ""},
    "namespaces": {"RestrictNamespaces": "yes", "ProtectKernelTunables": "yes",
                   "ProtectKernelModules": "yes", "ProtectClock": "yes", "ProtectHostname": "yes"},
    "user": {"User": "www-data"},
    "dynamic": {"DynamicUser": "yes", "ReadWritePaths": OUT},
    "delegate": {"Delegate": "yes"},
    "few-tasks": {"TasksMax": "3"},
    "few-files": {"LimitNOFILE": "16"},
    "signals": {"IgnoreSIGPIPE": "no"},
    "oom": {"OOMScoreAdjust": "500", "Nice": "10"},
}


class HandOver(SystemdTestCase):
    """The daemon becomes ready and lives."""

    def start_ready(self, name="x", actions=("stop", "pause"), manager=None, **directives):
        (manager or self.host).service(name, *upstart_daemon(*actions),
                                       **{"Type": "notify", **directives})
        self.assert_started(name + ".service", manager)

    def test_ready(self):
        self.start_ready()
        daemon = self.assert_only_daemon("x.service")
        self.assertEqual(daemon.argv, [DAEMON, "stop", "pause"])
        self.assertEqual(self.host.show("x.service", "ActiveState", "SubState", "NRestarts"),
                         {"ActiveState": "active", "SubState": "running", "NRestarts": "0"})
        self.assertEqual(self.bridge_lines(), [])

    def test_what_will_fail_is_said_before_the_daemon_is_started(self):
        """What systemd cannot be told of readiness for: the line names the directive that cures it."""
        rows = [("RestrictAddressFamilies", "AF_INET", "AF_UNIX to RestrictAddressFamilies="),
                ("TemporaryFileSystem", "/run", "BindPaths=/run/systemd/notify"),
                ("InaccessiblePaths", "/run/systemd/notify", "BindPaths=/run/systemd/notify"),
                ("SystemCallFilter", "~socket:EPERM", "@network-io in SystemCallFilter="),
                ("SystemCallFilter", "~connect:ENOSYS", "@network-io in SystemCallFilter="),
                ("SystemCallFilter", "~sendmsg:EPERM", "@network-io in SystemCallFilter=")]
        rows += [("SystemCallFilter", "~%s:%s" % row, "a filter of system calls (seccomp) does not allow it") for row in (
                 ("wait4", "EPERM"), ("rt_sigtimedwait", "EPERM"), ("clone", "EPERM"), ("pipe2", "EPERM"))]
        rows += [("LimitNOFILE", str(limit), "LimitNOFILE=9") for limit in (6, 7, 8)]
        for name, value, word in rows:
            with self.row(name=name, value=value):
                self.odd_is_expected = True
                self.host.service("x", *upstart_daemon("touch=%s/started" % OUT, "stop", "pause"),
                                  **{"Type": "notify", name: value})
                self.host.start("x.service")
                self.assertEqual(self.host.show("x.service", "ExecMainStatus"), {"ExecMainStatus": "125"})
                line, = self.bridge_lines()
                self.assertIn(word, line)
                self.assertFalse(self.host.exists(OUT + "/started"))
        with self.row("more than one for upstart needs"):
            self.host.service("x", BRIDGE, "-t", "s6", "-N", "--", DAEMON, "touch=%s/started" % OUT, "pause", Type="notify",
                              LimitNOFILE="9")
            self.host.start("x.service")
            line, = self.bridge_lines()
            self.assertIn("raise the limit of open files (RLIMIT_NOFILE)", line)
            self.assertFalse(self.host.exists(OUT + "/started"))
        for limit in "9", "10":
            with self.row(limit=limit):
                self.start_ready(LimitNOFILE=limit)
                self.assert_only_daemon("x.service")
        with self.row("cured"):
            self.start_ready(TemporaryFileSystem="/run", BindPaths="/run/systemd/notify")

    def test_not_ready_before_the_stop(self):
        self.host.service("x", *upstart_daemon("touch=%s/up" % OUT, "wait-file=%s/go" % OUT, "stop",
                                               "pause"), Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        self.assertEqual(self.host.show("x.service", "ActiveState"), {"ActiveState": "activating"})
        self.host.write(OUT + "/go", "")
        self.host.wait_for("x.service", ActiveState="active")

    def test_daemon_is_as_systemd_starts_it(self):
        """Seen in the predecessor: it was no session leader. After the stop all is as without the bridge."""
        report = "report=%s/report" % OUT

        def see(words):
            self.host.service("x", *words, Type="notify", UMask="0027", LimitNOFILE="100:200")
            self.assert_started("x.service")
            seen = self.report()
            pid = seen["pid"]
            self.assertEqual(int(pid), self.host.main_pid("x.service"))
            self.assertEqual((seen["pgid"], seen["sid"], seen["ppid"]), (pid, pid, "1"))
            self.clear()
            different = re.compile(r"(pid|pgid|sid) |env (INVOCATION_ID|JOURNAL_STREAM)=")
            return [line for line in seen.lines if not different.match(line)]

        direct = see([DAEMON, "notify=READY=1", report, "pause"])
        bridged = see(upstart_daemon("stop", report, "pause"))
        host = re.compile("env (NOTIFY_SOCKET|SYSTEMD_EXEC_PID)=")
        self.assertEqual(bridged, sorted_like(direct, [line for line in direct if not host.match(line)]
                                              + ["env UPSTART_INSTANCE=", "env UPSTART_JOB=x"]))

    def test_daemon_that_changes_its_group(self):
        """Seen in the predecessor: setpgid() before the stop, and the daemon died of SIGHUP."""
        for actions in (["setpgid"], ["setsid"], ["setsid", "setpgid"], ["fork-child"],
                        ["fork-child", "setpgid"]):
            with self.row(actions=actions):
                self.start_ready(actions=[*actions, "stop", "report=%s/report" % OUT, "pause"])
                self.report()
                self.assertEqual(self.host.show("x.service", "ActiveState"),
                                 {"ActiveState": "active"})
                self.assertNotIn(self.main_process("x.service").state, "Tt")

    def test_sandboxes(self):
        for name, directives in SANDBOXES.items():
            with self.row(name):
                self.start_ready(name, **directives)
                self.assert_only_daemon(name + ".service")

    def test_notify_access(self):
        for access in ("none", "main", "exec", "all"):
            with self.row(NotifyAccess=access):
                self.start_ready(NotifyAccess=access)
                self.assert_only_daemon("x.service")

    def test_user_manager(self):
        user = self.host.user_manager()
        self.start_ready(manager=user)
        pid = user.main_pid("x.service")

        def alone():
            found = self.host.processes("x.service")
            return [p.inner_pid for p in found if p.state not in "Tt"] == [pid] and len(found) == 1
        wait_until(alone, "the bridge to leave", 0.8, looks=50)
        self.assertEqual(user.show("x.service", "ActiveState"), {"ActiveState": "active"})

    def test_sockets_and_readiness(self):
        self.host.socket("x", ListenStream=["/srv/out/unix", "127.0.0.1:5001"])
        self.host.service("x", *upstart_daemon("stop", "report=%s/report" % OUT, "serve"),
                          Type="notify")
        self.assert_started("x.socket")
        self.assert_started("x.service")
        daemon = self.assert_only_daemon("x.service")
        seen = self.report()
        self.assertEqual(seen.env["UPSTART_FDS"], "3 4")
        self.assertEqual([fd for fd in seen.fds if fd > 2], [3, 4])
        answer = self.host.run("/usr/bin/python3", "-c", "import socket\n"
                               "c = socket.create_connection(('127.0.0.1', 5001))\n"
                               "print(c.recv(99).decode())").stdout.split()
        self.assertEqual(answer, ["fd", "4", str(daemon.inner_pid)])

    def test_reload(self):
        self.start_ready(actions=("on-hup=touch:%s/hup" % OUT, "stop", "pause"),
                         ExecReload="/bin/kill -HUP $MAINPID")
        self.assertEqual(self.host.reload("x.service").returncode, 0)
        # which is there before anything is in it
        self.assertEqual(wait_until(lambda: self.host.exists(OUT + "/hup") and self.host.read(OUT + "/hup"), "reaction"), "hup\n")

    def test_watchdog_is_switched_off(self):
        """Seen in the predecessor: nobody pings, so systemd killed the daemon after the limit."""
        self.start_ready(WatchdogSec="1")
        self.assertEqual(self.host.show("x.service", "WatchdogUSec"), {"WatchdogUSec": "0"})
        self.assert_only_daemon("x.service")
        lines = self.bridge_lines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("WatchdogSec=", lines[0])

    def test_restarts(self):
        """200 of them: each ready, no odd line, nothing left."""
        self.start_ready()
        result = self.host.run("sh", "-c", "i=0; while [ $i -lt 200 ]; do i=$((i + 1)); "
                               "systemctl restart x.service || exit 1; done", timeout_s=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_only_daemon("x.service")
        started = [text for pid, _, text in self.messages()
                   if pid == "1" and text.startswith("Started ")]
        self.assertEqual(len(started), 201)
        self.assertEqual(self.unusual_lines(), [])

    def unusual_lines(self):
        """What process 1 says beside what every restart says."""
        usual = re.compile(r"(Starting|Started|Stopping|Stopped) |x.service: (Deactivated|Succeeded)|Reload(ing| requested)|"
                           r"Failed to send readiness notification|"    # 257's own, after a reload
                           r"x.service: Failed to read pids.max for control group")     # 262's own, without that controller
        return [text for pid, _, text in self.messages()
                if pid == "1" and not usual.match(text)] + self.bridge_lines()


def sorted_like(reference, lines):
    """The lines in the order of a report: variables are sorted, the rest is as in reference."""
    env = sorted(line for line in lines if line.startswith("env "))
    result = [line for line in lines if not line.startswith("env ")]
    place = next(i for i, line in enumerate(reference) if line.startswith("env "))
    return result[:place] + env + result[place:]


class LongWait(SystemdTestCase):
    """A start that does not come to an end: systemctl shows what is waited for, the journal what is seen."""

    def start_stuck(self, name, *command):
        self.host.service(name, *command, Type="notify")
        self.host.start(name + ".service", "--no-block")
        wait_until(lambda: re.match(r"Waiting for process \d+ to stop itself$",
                                    self.host.show(name + ".service", "StatusText").get("StatusText", "")),
                   "the status of " + name)

    def test_what_is_waited_for_is_said(self):
        script = "%s stop pause; :" % DAEMON
        self.start_stuck("silent", *upstart_daemon("pause"))
        self.start_stuck("wrapped", BRIDGE, "-t", "upstart", "-N", "--", "/bin/sh", "-c", script)
        seen = r"the daemon, process \d+, has not stopped itself within 10 s, as one for upstart does when it is ready"
        wait_until(lambda: len(self.bridge_lines()) == 2, "both lines", 30)
        for line, said in zip(sorted(self.bridge_lines(), key=len), (
                "", r"; it has a child, process \d+ \(fake-daemon\), which has stopped itself: put 'exec' before it")):
            self.assertRegex(line, seen + said + "; systemd waits as long as its own limit says$")

    def test_what_it_was_is_said_at_the_end(self):
        """Also where that comes before the ten seconds: systemd's own limit, or somebody."""
        self.start_stuck("x", BRIDGE, "-t", "upstart", "-N", "--", "/bin/sh", "-c", "%s stop pause; :" % DAEMON)
        wait_until(lambda: any(p.state == "T" for p in self.host.processes("x.service")), "the stop")
        self.host.stop("x.service")
        # Nothing more is there to be seen if the machine needs longer than a second to start it.
        self.assertRegex("\n".join(self.bridge_lines()), r"told to end before the daemon, process \d+, had stopped itself, as one "
                         r"for upstart does when it is ready(; it has a child, process \d+ \(fake-daemon\)(, which has stopped "
                         "itself: put 'exec' before it)?)?$")

    def test_when_it_was_ready_is_told_with_verbose(self):
        self.host.service("x", *upstart_daemon("--verbose", "stop", "pause"), Type="notify")
        self.assert_started("x.service")
        self.assertRegex("\n".join(self.bridge_lines()), r"(?m)ready after \d+\.\d{3} s, said by process %d, which has stopped "
                         "itself$" % self.host.main_pid("x.service"))

    def test_what_was_waited_for_is_taken_back(self):
        self.start_stuck("x", *upstart_daemon("wait-file=%s/go" % OUT, "stop", "pause"))
        self.host.write(OUT + "/go", "")
        self.host.wait_for("x.service", ActiveState="active", StatusText="")


class Ends(SystemdTestCase):
    """How the daemon ends reaches systemd as if there were no bridge."""

    def ending(self, words, **directives):
        self.host.service("x", *words, Type="notify", LimitCORE="0", **directives)
        self.host.start("x.service")
        wait_until(lambda: self.host.show("x.service", "ActiveState")["ActiveState"]
                   in ("inactive", "failed"), "the unit's end")
        result = self.host.show("x.service", *ENDING)
        self.assertEqual(self.host.processes("x.service"), [])
        self.host.forget_units()
        return result

    def test_before_readiness(self):
        """Seen in the predecessor: exit 0 before the stop was taken for readiness; the rest is as without us."""
        for end in ENDS:
            with self.row(end):
                self.assertEqual(self.ending(upstart_daemon(end)), self.ending([DAEMON, end]))

    def test_after_readiness(self):
        for end in ENDS:
            with self.row(end):
                go = "wait-file=%s/go" % OUT
                self.host.write(OUT + "/go", "")
                self.assertEqual(self.ending(upstart_daemon("stop", go, end)),
                                 self.ending([DAEMON, "notify=READY=1", go, end]))

    def test_right_after_the_stop(self):
        """Seen in the predecessor: the status was lost 16 times of 20, nothing held the daemon until MAINPID=."""
        for _ in range(20):
            self.assertEqual(self.ending(upstart_daemon("stop", "exit=3")),
                             {"Result": "exit-code", "ExecMainCode": "1", "ExecMainStatus": "3"})

    def test_daemon_is_held_until_systemd_has_read(self):
        """The same, made certain: process 1 is stopped while the daemon becomes ready and ends."""
        self.host.service("x", *upstart_daemon("touch=%s/up" % OUT, "wait-file=%s/go" % OUT, "stop",
                                               "exit=3"), Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        with self.stopped_systemd():
            self.host.write(OUT + "/go", "")
            wait_until(lambda: self.daemon_state() == "T", "the daemon's stop")
            # that it stays so has no event: longer than anything else takes
            deadline = time.monotonic() + 0.3
            while time.monotonic() < deadline:
                self.assertEqual(self.daemon_state(), "T")
                time.sleep(0.01)
        self.host.wait_for("x.service", ActiveState="failed")
        self.assertEqual(self.host.show("x.service", "Result", "ExecMainStatus"),
                         {"Result": "exit-code", "ExecMainStatus": "3"})

    def end_unseen(self, *actions, **directives):
        """The daemon becomes ready and ends while process 1 is away for longer than we hold it."""
        self.host.service("x", *upstart_daemon("touch=%s/up" % OUT, "wait-file=%s/go" % OUT, "stop", *actions),
                          Type="notify", **directives)
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        with self.stopped_systemd():
            self.host.write(OUT + "/go", "")
            # the launcher waits five seconds for an answer, then it ends as the daemon has
            wait_until(lambda: {p.state for p in self.host.processes("x.service")} <= {"Z"}, "the end of both", 9)

    def test_systemd_is_away_while_the_daemon_fails(self):
        """Its status is that of the service, also where it has become another user's."""
        rows = (
            (["exit=3"], {"Result": "exit-code", "ExecMainStatus": "3"}),
            (["setgid=33", "setuid=33", "exit=4"], {"Result": "exit-code", "ExecMainStatus": "4"}),
            (["kill=segv"], {"Result": "signal", "ExecMainStatus": "11"}),
            (["exit=0"], {"Result": "success", "ExecMainStatus": "0"}),
        )
        self.odd_is_expected = True     # the zombie is refused as main process
        for actions, expected in rows:
            with self.row(actions=actions):
                self.odd_is_expected = True
                self.end_unseen(*actions)
                self.host.wait_for("x.service", **expected)
                self.assertEqual(len(self.bridge_lines()), 1, self.bridge_lines())

    def test_systemd_is_away_and_restarts_what_failed(self):
        self.odd_is_expected = True
        self.end_unseen("exit=3", Restart="on-failure", RestartSec="0")
        wait_until(lambda: self.host.show("x.service", "NRestarts")["NRestarts"] != "0", "a restart")

    def test_systemd_is_away_and_comes_back(self):
        """To a daemon that runs, as its main process, and alone."""
        self.host.service("x", *upstart_daemon("touch=%s/up" % OUT, "wait-file=%s/go" % OUT, "stop",
                                               "touch=%s/continued" % OUT, "pause"), Type="notify")
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        with self.stopped_systemd():
            self.host.write(OUT + "/go", "")
            self.host.wait_file(OUT + "/continued")
        self.host.wait_for("x.service", ActiveState="active")
        self.assert_only_daemon("x.service")

    @contextlib.contextmanager
    def stopped_systemd(self):
        os.kill(self.host.init, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.host.init, signal.SIGCONT)

    def test_exit_zero_before_the_stop_is_no_readiness(self):
        self.assertEqual(self.ending(upstart_daemon("exit=0"))["Result"], "protocol")
        lines = self.bridge_lines()
        self.assertEqual(len(lines), 1, lines)

    def test_background_before_the_stop(self):
        """Seen in the predecessor: a daemon that forks into the background was called ready, and stayed stopped."""
        for actions in (["fork-exit", "stop", "pause"], ["fork-exit", "pause"],
                        ["fork-exit", "setsid", "stop", "pause"]):
            with self.row(actions=actions):
                self.assertEqual(self.ending(upstart_daemon(*actions))["Result"], "protocol")

    def test_restart_on_failure(self):
        self.host.service("x", *upstart_daemon("stop", "pause"), Type="notify", Restart="on-failure",
                          RestartSec="0")
        self.assert_started("x.service")
        first = self.assert_only_daemon("x.service").inner_pid
        for number, sig in enumerate(("KILL", "KILL"), 1):
            self.host.systemctl("kill", "--kill-who=main", "--signal=" + sig, "x.service")
            self.host.wait_for("x.service", NRestarts=str(number), ActiveState="active")
            self.assertNotEqual(self.assert_only_daemon("x.service").inner_pid, first)

    def test_remain_after_exit(self):
        self.host.service("x", *upstart_daemon("stop", "exit=0"), Type="notify", RemainAfterExit="yes")
        self.assert_started("x.service")
        self.host.wait_for("x.service", SubState="exited", ActiveState="active")
        wait_until(lambda: not self.host.processes("x.service"), "the bridge to leave", 0.8, looks=50)

    def test_killed_bridge_takes_the_daemon_along(self):
        """Before readiness the main process is ours; no orphan may stay when it is killed."""
        self.odd_is_expected = True     # for a moment they do remain running
        self.host.service("x", *upstart_daemon("touch=%s/up" % OUT, "pause"), Type="notify",
                          KillMode="process")
        self.host.start("x.service", "--no-block")
        self.host.wait_file(OUT + "/up")
        self.host.systemctl("kill", "--kill-who=main", "--signal=KILL", "x.service")
        self.host.wait_for("x.service", ActiveState="failed")
        wait_until(lambda: not self.host.processes("x.service"), "the daemon's end", 5)
        self.assertEqual(self.host.show("x.service", "Result"), {"Result": "signal"})


class Mismatches(SystemdTestCase):
    """Units that cannot work say what to change, and never hang."""

    def test_no_notify_socket(self):
        """Seen in the predecessor: without Type=notify the daemon stayed stopped, or the start timed out."""
        for kind in ("simple", "exec", "idle", "forking", "oneshot"):
            with self.row(Type=kind):
                self.host.service("x", *upstart_daemon("stop", "pause"), Type=kind)
                self.assert_refused("x.service", "Type=notify")
                begin, end = self.times("x.service", "InactiveExit", "InactiveEnter")
                self.assertLess(end - begin, 8)    # Type=idle waits 5 s itself

    def test_dbus_type(self):
        self.host.service("x", *upstart_daemon("stop", "pause"), Type="dbus", BusName="org.example.X")
        self.assert_refused("x.service", "Type=notify")

    def test_no_unix_sockets(self):
        """Seen in the predecessor: the daemon was ended without a word when socket(AF_UNIX) failed."""
        self.host.service("x", *upstart_daemon("stop", "pause"), Type="notify",
                          RestrictAddressFamilies="AF_INET AF_INET6")
        line = self.assert_refused("x.service")
        self.assertRegex(line, "AF_UNIX|[Aa]ddress family")

    def test_unreachable_notify_socket(self):
        """/run is hidden, and with it the socket: said, not waited for."""
        self.host.service("x", *upstart_daemon("stop", "pause"), Type="notify",
                          TemporaryFileSystem="/run")
        self.assert_refused("x.service")


if __name__ == "__main__":
    tap.main()
