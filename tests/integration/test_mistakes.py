# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The mistakes that a new administrator makes, on both managers, and what he is told.

The numbers are those of the list of 31 that were tried by hand with 0.1.0. Each row is what he writes,
what comes of it, and the line, which says what, where, why, and what to do. What the bridge cannot say
anything about is in EXCEPTIONS, with the reason.
"""
import os
import re
import shlex
import subprocess
import unittest

import tap
import systemd_case
import upstart_case
from systemd_host import command_line, wait_until

ONE_QUOTE = "cannot execute '%s pause': No such file or directory: there are blanks in it: is it a whole command line in one " \
            "pair of quotes?"

# Those that have nothing to do with the manager: number, words behind the bridge, status, what is said.
ANYWHERE = (
    (12, ["DAEMON", "pause", "-t", "systemd", "-N"], 125,
     "no target: options come before the command, and '-t' comes after 'DAEMON', so that it is the command's own"),
    (12, ["DAEMON", "pause"], 125, "no target: add -t TARGET, which is systemd, "),
    (14, ["-t", "sysv", "--", "DAEMON"], 125, "--target: 'sysv' is not a target, use systemd, "),
    (14, ["-t", "TARGET", "--init=sysv", "--", "DAEMON"], 125, "--init: 'sysv' is not a service manager, use auto, systemd, "),
    (14, ["-t", "TARGET", "--log=some", "--", "DAEMON"], 125, "--log: 'some' is neither none nor status nor all"),
    (14, ["-t", "TARGET", "--start-timeout=1h", "--", "DAEMON"], 125,
     "--start-timeout: '1h' is not a number of seconds from 0 (none) to "),
    (14, ["-t", "TARGET", "--wait-timeout=0", "--", "DAEMON"], 125, "--wait-timeout: '0' is not a number of seconds from 1 to "),
    (15, ["-t", "TARGET", "--notfy", "--", "DAEMON"], 125, "unknown option '--notfy' (did you mean --notify?)"),
    (15, ["-t", "TARGET", "-n", "--", "DAEMON"], 125, "unknown option '-n' (did you mean -N?)"),
    (15, ["-t", "TARGET", "--not", "--", "DAEMON"], 125,
     "option '--not' is ambiguous: --notify, --notify-access, --notify-socket"),
    (16, ["-t", "TARGET", "--", "redis-serfer"], 127, "cannot execute 'redis-serfer': No such file or directory: it is in no "
                                                      "directory of PATH, "),
    (16, ["-t", "TARGET", "--", "/nope/redis"], 127, "cannot execute '/nope/redis': No such file or directory"),
    (17, ["-t", "TARGET", "--", "/etc/passwd"], 126, "cannot execute '/etc/passwd': Permission denied: user 0 may not execute it"),
    (17, ["-t", "TARGET", "--", "/etc"], 126, "cannot execute '/etc': Permission denied: it is a directory"),
    (18, ["-t", "TARGET", "--", "DAEMON pause"], 127, "ONE_QUOTE"),
    (18, ["-t", "TARGET", "--", ""], 127, "cannot execute '': No such file or directory: the name is empty"),
    (19, ["-t", "TARGET", "--", "SCRIPT"], 126, "cannot execute 'SCRIPT': Exec format error: a script begins with a line like "
                                                "#!/bin/sh"),
    (27, ["-t", "TARGET", "--listen=/etc/passwd/s", "--", "DAEMON", "pause"], 125,
     "--listen=/etc/passwd/s: cannot bind: Not a directory: a part of the path is a file"),
    (28, ["-t", "TARGET", "--ready-when=tpc:80", "--", "DAEMON"], 125, "--ready-when: 'tpc:80': "),
    (28, ["-t", "TARGET", "--ready-when=tcp:*:http", "--", "DAEMON"], 125, "--ready-when: 'tcp:*:http': "),
    (28, ["-t", "TARGET", "--ready-when=tcp:localhots:80", "--", "DAEMON"], 125, "--ready-when: 'tcp:localhots:80': "),
    (28, ["-t", "TARGET", "--ready-when=path:etc/x", "--", "DAEMON"], 125, "--ready-when: 'path:etc/x': "),
)

EXCEPTIONS = {
    9: "-t names the manager that runs it: the daemon is at home, and nothing of ours stays that could speak; --explain tells",
    25: "a daemon for nowait that is given the listener ends at once, which is what daemons of its kind do",
    29: "missing directories are made on purpose, as systemd does",
    31: "Upstart's own error; the line on the missing daemon is in the job's log (16)",
}


def fill(words, target, daemon, script):
    places = {"TARGET": target, "DAEMON": daemon, "DAEMON pause": daemon + " pause", "SCRIPT": script}
    return [places.get(word, word) for word in words]


def filled(text, daemon, script):
    return (ONE_QUOTE % daemon if text == "ONE_QUOTE" else text).replace("DAEMON", daemon).replace("SCRIPT", script)


class OnSystemd(systemd_case.SystemdTestCase):
    def refused(self, words, status, said, **directives):
        self.host.service("x", systemd_case.BRIDGE, *words, **directives)
        line = self.assert_refused("x.service", status=str(status))
        self.assertIn(said, line)

    def test_anywhere(self):
        script = systemd_case.OUT + "/script"
        for number, words, status, said in ANYWHERE:
            with self.row(number, said=said):
                self.host.write(script, "echo\n", 0o755)
                self.refused(fill(words, "upstart", systemd_case.DAEMON, script), status,
                             filled(said, systemd_case.DAEMON, script), Type="exec")

    def test_refusals(self):
        notify = ["-t", "upstart", "-N", "--", systemd_case.DAEMON, "stop", "pause"]
        for number, directives, words, said in (
                (1, {"Type": "simple"}, notify, "-N, but systemd gave no NOTIFY_SOCKET: set Type=notify in the unit, or leave out -N"),
                (2, {"Type": "forking"}, notify, "-N, but systemd gave no NOTIFY_SOCKET: set Type=notify in the unit, or leave out -N"),
                (17, {"User": "nobody"}, ["-t", "upstart", "--", "/root/a/daemon"],
                 "cannot execute '/root/a/daemon': Permission denied: user 65534 may not pass /root")):
            with self.row(number):
                self.refused(words, 126 if number == 17 else 125, said, **directives)

    def test_5_something_in_between(self):
        words = command_line(systemd_case.upstart_daemon("stop", "pause"))
        wrapper = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
        for name, command, said in (
                ("sh", ["/bin/sh", "-c", words + "; exit $?"], r"\(sh\), is not systemd itself .*: put 'exec' before "
                 "cross-init-bridge in the script that runs it$"),
                ("stays", ["/usr/bin/python3", "-c", wrapper, *systemd_case.upstart_daemon("stop", "pause")],
                 r"\(python3[.0-9]*\), is not systemd itself .*: put 'exec' .* if that is a script; what stays in between, as su, "
                 r"sudo and tini do, cannot be there: use setpriv\(1\), or leave it out$")):
            with self.row(name):
                self.host.service("x", *command, Type="notify")
                self.assertRegex(self.assert_refused("x.service"), r"-N: our parent, process \d+ " + said)

    def test_6_never_ready(self):
        self.host.service("x", *systemd_case.upstart_daemon("pause"), Type="notify", TimeoutStartSec="13")
        self.host.start("x.service")
        self.host.wait_for("x.service", Result="timeout")
        lines = self.bridge_lines()
        self.assertRegex(lines[0], "has not stopped itself within 10 s, as one for upstart does when it is ready; systemd waits as "
                         "long as its own limit says$")
        self.assertRegex(lines[1], "told to end before the daemon, process .*, had stopped itself")

    def test_10_the_option_is_forgotten(self):
        self.host.service("x", *systemd_case.bridge("--target=upstart", "pause"), Type="notify", TimeoutStartSec="2")
        self.host.start("x.service")
        self.assertIn("NOTIFY_SOCKET is set, but not -N: if the unit has Type=notify, systemd waits in vain until the daemon is "
                      "ready: add -N, or change that", "\n".join(self.bridge_lines()))

    def test_13_an_option_behind_the_command_is_the_daemons(self):
        self.host.service("x", systemd_case.BRIDGE, "-t", "upstart", "--", systemd_case.DAEMON, "-N", Type="exec")
        self.host.start("x.service")
        self.host.wait_for("x.service", ActiveState="failed", ExecMainStatus="96")
        self.assertEqual(self.bridge_lines(), [])

    def test_20_into_the_background(self):
        self.host.service("x", *systemd_case.upstart_daemon("fork-exit", "pause"), Type="notify")
        self.host.start("x.service")
        self.assertIn("the daemon has ended without having stopped itself to say that it is ready; if it goes into the background, "
                      "keep it in the foreground", "\n".join(self.bridge_lines()))

    def test_21_in_a_terminal(self):
        result = self.host.run(systemd_case.BRIDGE, "-t", "upstart", "-N", systemd_case.DAEMON)
        self.assertEqual(result.returncode, 125)
        self.assertIn("(--detect prints what was looked at)", result.stderr)
        self.assertIn("looked at (systemd): SYSTEMD_EXEC_PID: not set; ",
                      self.host.run(systemd_case.BRIDGE, "--detect").stdout)

    def test_22_a_socket_is_closed_on_the_way(self):
        self.host.socket("x", ListenStream="/run/x.sock")
        script = "exec %s -t upstart -- %s pause 3<&-" % (systemd_case.BRIDGE, systemd_case.DAEMON)
        self.host.service("x", "/bin/sh", "-c", script)
        self.assertIn("LISTEN_FDS=1, but descriptor 3 is not open: something between systemd and us has closed it: let it keep "
                      "open what it is given", self.assert_refused_after_socket())

    def test_24_sockets_that_the_target_does_not_know(self):
        for name, target, directives, said in (
                ("two", "inetd", {"ListenStream": ["/run/x.sock", "/run/y.sock"]}, "a daemon for inetd takes one socket"),
                ("datagram", "upstart", {"ListenDatagram": "/run/x.sock"}, "cannot be expressed in Upstart's protocol")):
            with self.row(24, name=name):
                self.host.socket("x", **directives)
                self.host.service("x", *systemd_case.bridge("--target=" + target, "pause"))
                self.assertIn(said, self.assert_refused_after_socket())

    def assert_refused_after_socket(self):
        self.assert_started("x.socket")
        return self.assert_refused("x.service")

    def test_26_a_port_that_is_in_use(self):
        self.host.service("y", *systemd_case.bridge("--target=upstart", "--listen=127.0.0.1:5001", "pause"), Type="exec")
        self.assert_started("y.service")
        wait_until(lambda: [p for p in self.host.processes("y.service") if p.name == "fake-daemon"], "the daemon")
        self.host.service("x", *systemd_case.bridge("--target=upstart", "--listen=127.0.0.1:5001", "pause"), Type="exec")
        self.host.start("x.service")
        line, = [line for line in self.bridge_lines() if "5001" in line]
        self.assertIn("in use: another process has it, %d (fake-daemon): stop that one, or choose "
                      "another address" % self.host.main_pid("y.service"), line)

    def test_28_a_condition_that_never_holds(self):
        self.host.service("x", *systemd_case.bridge("--target=upstart", "--ready-when=path:/run/typo", "pause"), Type="notify",
                          TimeoutStartSec="2")
        self.host.start("x.service")
        self.host.wait_for("x.service", Result="timeout")
        self.assertIn("told to end before path:/run/typo held (--ready-when): there is no such file", "\n".join(self.bridge_lines()))


class OnUpstart(upstart_case.UpstartTestCase):
    def test_anywhere(self):
        with upstart_case.Host() as host:
            script = host.dir + "/script"
            with open(script, "w", encoding="ascii") as file:
                file.write("echo\n")
            os.chmod(script, 0o755)
            for number, words, status, said in ANYWHERE:
                with self.subTest(number, said=said):
                    job = next(self.names)
                    host.job(job, upstart_case.run(upstart_case.BRIDGE,
                                                   *fill(words, "systemd", upstart_case.DAEMON, script)))
                    self.assert_refused(host, job, filled(said, upstart_case.DAEMON, script), status=status)

    def test_refusals(self):
        words = upstart_case.run(*upstart_case.bridge("--notify", upstart_case.READY, "pause"))
        in_shell = "exec sh -c %s\n" % shlex.quote(words[len("exec "):].strip() + "; exit $?")
        for number, stanzas, said in (
                (4, "expect fork\n" + words, "-N cannot work in a job with 'expect fork' or 'expect daemon', where the fork itself "
                 "means ready: change it to 'expect stop', or leave out -N"),
                (4, "expect daemon\n" + words, "change it to 'expect stop', or leave out -N"),
                (5, "expect stop\n" + in_shell, "put 'exec' before cross-init-bridge in the script that runs it"),
                (23, "env UPSTART_FDS=77\n" + upstart_case.run(*upstart_case.bridge("pause")), "descriptor 77 in UPSTART_FDS is "
                 "stale: "),
                (28, "expect stop\n" + upstart_case.run(upstart_case.BRIDGE, "-t", "systemd", "--ready-when=tcp:1.2.3:5", "--",
                                                        upstart_case.DAEMON), "--ready-when: 'tcp:1.2.3:5': ")):
            with self.subTest(number, said=said), upstart_case.Host() as host:
                host.job("job", stanzas)
                self.assert_refused(host, "job", said)

    def test_3_expect_stop_is_missing(self):
        with upstart_case.Host() as host:
            host.job("job", upstart_case.run(*upstart_case.bridge("--notify", upstart_case.READY, "pause")))
            self.assertEqual(host.start("job").rc, 0)
            text = ("upstart did not wait for the daemon to be ready, so it was stopped for a moment for nothing: put 'expect "
                    "stop' into the job, or leave out -N")
            wait_until(lambda: text in "\n".join(host.bridge_lines("job") + host.complaints()), "the line")
            wait_until(lambda: host.state_of(host.status("job").pid) in "RSD", "the daemon to go on")
            host.stop("job")

    def test_7_never_ready(self):
        """11: initctl start says 0 where the daemon does, too, when it is ended."""
        for number, action, status in ((7, "on-term=exit:1", 1), (11, "on-term=exit:0", 0)):
            with self.subTest(number), upstart_case.Host() as host:
                host.job("job", "expect stop\n" + upstart_case.run(*upstart_case.bridge("--notify", "--start-timeout=1", action,
                                                                                        "pause")))
                result = host.start("job")
                self.assertEqual(result.rc, status, result.output)
                said = "\n".join(host.bridge_lines("job") + host.complaints())
                self.assertRegex(said, r"the daemon, process \d+, has not sent READY=1 within 1 s \(--start-timeout\): ending it; "
                                 "it has sent nothing")

    # 8, -N forgotten, and 6 and 7 after ten seconds: test_upstart_notify, LongWaitTest.

    def test_9_at_home(self):
        with upstart_case.Host() as host:
            host.job("job", "expect stop\n" + upstart_case.run(upstart_case.BRIDGE, "-t", "upstart", "-N", "--explain", "--",
                                                               upstart_case.DAEMON, "pause"))
            host.start("job", wait=False)
            host.wait_output("job", "program: ")
            output = host.job_output("job")
            self.assertIn("host and target are the same: nothing is changed", output)
            self.assertIn("without effect: --notify (the daemon speaks to the service manager itself)", output)

    def test_20_into_the_background(self):
        with upstart_case.Host() as host:
            host.job("job", "expect stop\n" + upstart_case.run(*upstart_case.bridge("--notify", "fork-exit", "exit=0")))
            host.start("job")
            wait_until(lambda: [line for line in host.complaints() if "has ended before it sent READY=1" in line], "the line")

    def test_21_in_a_terminal(self):
        with upstart_case.Host() as host:
            result = host.run((upstart_case.BRIDGE, "-t", "systemd", "-N", upstart_case.DAEMON))
            self.assertEqual(result.returncode, 125)
            self.assertIn("(--detect prints what was looked at)", result.stderr)
            self.assertIn("looked at (upstart): UPSTART_JOB: not set; ", host.run((upstart_case.BRIDGE, "--detect")).stdout)

    def test_26_a_path_that_is_in_use(self):
        with upstart_case.Host() as host:
            words = upstart_case.run(*upstart_case.bridge("--listen=%s/s" % host.dir, "touch=%s" % host.signpost(), "pause"))
            host.job("job", words)
            host.job("other", words)
            pid = self.assert_started(host)
            wait_until(lambda: host.proc(pid, "comm").strip() == "fake-daemon", "the daemon")
            self.assert_refused(host, "other", "in use: another process has it, %d (fake-daemon): stop "
                                "that one, or choose another address" % pid)
            host.stop("job")

    def test_30_a_bad_option_with_respawn(self):
        """Upstart does not start it again, and says 0; the log has the line."""
        with upstart_case.Host() as host:
            host.job("job", "expect stop\nrespawn\nnormal exit 125\n"
                     + upstart_case.run(upstart_case.BRIDGE, "-t", "systemd", "--notfy", "--", upstart_case.DAEMON))
            self.assertEqual(host.start("job").rc, 0)
            host.wait("job", "stop/waiting")
            self.assertIn("unknown option '--notfy' (did you mean --notify?)", "\n".join(host.bridge_lines("job")))


class Everywhere(unittest.TestCase):
    def test_output_to_a_full_device(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([os.environ["CIB"], "--detect"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (125, "cross-init-bridge: cannot write to standard output: No space left on device\n"))

    def test_no_mistake_is_left_out(self):
        """Each number is in a row, in the name of a test, or an exception."""
        with open(__file__, encoding="utf-8") as file:
            text = file.read()
        found = {number for number, *_ in ANYWHERE} | set(EXCEPTIONS)
        found |= {int(number) for number in re.findall(r"def test_(\d+)_", text)}
        found |= {int(number) for number in re.findall(r"^ +\((\d\d?), ", text, re.M)}
        found |= {int(number) for number in re.findall(r"\((\d+), \"on-term", text)} | {8}
        self.assertEqual(found, set(range(1, 32)))


if __name__ == "__main__":
    tap.main()
