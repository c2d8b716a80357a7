# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Debian's inetd as the host: daemons written for systemd and Upstart on lines of its configuration.

inetd is itself a unit of a real systemd here, or a job of the stand-in for Upstart, as on any machine:
what it starts inherits all that they gave to it, and is to be recognised as inetd's all the same.
"""
import contextlib
import os
import re
import shutil
import socket

import tap
import upstart_case
from fake_report import Report
from inetd_case import INETD, NULL, InetdTestCase, Kind
from systemd_case import BRIDGE, DAEMON, OUT, bridge
from systemd_host import wait_until
from upstart_case import Host, UpstartTestCase

PATH = OUT + "/socket"
INET = Kind("127.0.0.1:5001 stream tcp4", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 5001),
            "inet stream listening 127.0.0.1:5001 rw")
INET6 = Kind("::1:5002 stream tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 5002),
             "inet6 stream listening [::1]:5002 rw")
UNIX = Kind(PATH + " stream unix", socket.AF_UNIX, socket.SOCK_STREAM, PATH, "unix stream listening %s rw" % PATH)
UDP = Kind("127.0.0.1:5003 dgram udp4", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 5003),
           "inet dgram 127.0.0.1:5003 rw")

REPORT = "report=%s/report" % OUT


class Wait(InetdTestCase):
    """The listener, or the datagram socket, is the daemon's as long as it lives."""

    def test_daemon_for_systemd(self):
        for kind in (INET, INET6, UNIX, UDP):
            with self.row(kind=kind.words):
                self.inetd(kind.line(*bridge("--target=systemd", REPORT, "serve")))
                answer, _ = self.ask(kind)
                report = self.report()
                self.assertEqual(answer, "fd 3 %s\n" % report["pid"])
                self.assertEqual(self.ask(kind)[0], answer)
                self.assert_is_inetd_s(report)
                self.assertEqual(report.fds, {0: NULL, 1: NULL, 2: NULL, 3: kind.described})
                self.assertEqual(self.listen_variables(report), {
                    "LISTEN_PID": report["pid"], "LISTEN_FDS": "1", "LISTEN_FDNAMES": "unknown.socket"})
                self.assertEqual(self.messages_of_bridge(), [])

    def test_daemon_for_upstart(self):
        for kind in (INET, UNIX):
            with self.row(kind=kind.words):
                self.inetd(kind.line(*bridge("--target=upstart", "--job=foo/bar", REPORT, "serve")))
                answer, _ = self.ask(kind)
                report = self.report()
                self.assertEqual(answer, "fd 3 %s\n" % report["pid"])
                self.assert_is_inetd_s(report)
                self.assertEqual(report.fds, {0: NULL, 1: NULL, 2: NULL, 3: kind.described})
                self.assertEqual(self.listen_variables(report), {
                    "UPSTART_FDS": "3", "UPSTART_EVENTS": "socket", "UPSTART_JOB": "foo",
                    "UPSTART_INSTANCE": "bar"})
                self.assertEqual(report.env["PROTO"], "unix" if kind is UNIX else "inet")

    def test_what_is_open_at_3_stays(self):
        """UPSTART_FDS is a list of any numbers: nobody has to give way."""
        words = bridge("--target=upstart", "--job=foo", REPORT, "serve")
        self.host.write("/srv/bin/at-3", "#!/bin/sh\nexec \"$@\" 3</etc/passwd\n", 0o755)
        self.inetd(INET.line("/srv/bin/at-3", *words))
        answer, _ = self.ask(INET)
        report = self.report()
        self.assertEqual((answer, report.env["UPSTART_FDS"]), ("fd 4 %s\n" % report["pid"], "4"))
        self.assertEqual((report.fds[3], report.fds[4]), ("file /etc/passwd r", INET.described))
        self.assertEqual(self.messages_of_bridge(), [])

    def test_inetd_listens_again_when_the_daemon_has_ended(self):
        self.inetd(INET.line(*bridge("--target=systemd", REPORT, "on-term=exit:0", "serve")))
        first, _ = self.ask(INET)
        self.host.run("kill", first.split()[2])
        wait_until(lambda: self.ask(INET)[0] != first, "another daemon")

    def test_names(self):
        self.inetd(INET.line(*bridge("--target=systemd", "--fdname=web", REPORT, "serve")))
        self.ask(INET)
        self.assertEqual(self.report().env["LISTEN_FDNAMES"], "web")

    def test_standard_error_is_kept(self):
        """On purpose, or because somebody has put it elsewhere."""
        redirected = "exec 2>%s/log; exec %s" % (OUT, " ".join(bridge("--target=systemd", REPORT, "serve")))
        self.host.write("/srv/bin/redirected", "#!/bin/sh\n%s\n" % redirected, 0o755)
        rows = (("option", bridge("--target=systemd", "--stderr=keep", REPORT, "serve"), INET.described),
                ("elsewhere", ["/srv/bin/redirected"], "file %s/log w" % OUT))
        for name, command, described in rows:
            with self.row(name=name):
                self.inetd(INET.line(*command))
                self.ask(INET)
                self.assertEqual(self.report().fds, {0: NULL, 1: NULL, 2: described, 3: INET.described})

    def test_what_systemd_has_told_inetd_is_not_told_the_daemon(self):
        """Debian's own unit is of Type=notify, and has WatchdogSec=."""
        others = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}
        theirs = re.compile("LISTEN_|NOTIFY_|WATCHDOG_|SYSTEMD_EXEC_PID|MANAGERPID")
        for target, expected in ("upstart", set()), ("systemd", others | {"SYSTEMD_EXEC_PID"}):
            with self.row(target=target):
                self.inetd(INET.line(*bridge("--target=" + target, "--job=foo", REPORT, "serve")), Type="notify",
                           WatchdogSec="1h")
                inetd_s = self.host.run("cat", "/proc/%s/environ" % self.inetd_pid()).stdout
                self.assertIn("NOTIFY_SOCKET=", inetd_s)
                self.assertIn("WATCHDOG_USEC=", inetd_s)
                self.ask(INET)
                env = self.report().env
                self.assertEqual({name for name in env if theirs.match(name)}, expected)
                self.assertIn("INVOCATION_ID", env)

    def test_datagrams_are_not_for_upstart(self):
        self.inetd(UDP.line(*bridge("--target=upstart", "--job=foo", REPORT, "serve")))
        with self.connect(UDP) as client:
            client.sendall(b"hello\n")
            wait_until(self.messages_of_bridge, "a refusal")
        self.assertIn("datagram socket 127.0.0.1:5003", self.messages_of_bridge()[0])
        self.assertFalse(self.host.exists(OUT + "/report"))

    def test_lighttpd(self):
        """A real daemon that was written for systemd's sockets."""
        if not shutil.which("lighttpd", path="/usr/sbin"):
            self.skipTest("needs the package lighttpd")
        self.host.write(OUT + "/lighttpd.conf", LIGHTTPD)
        self.host.write(OUT + "/index.txt", "hello")
        self.inetd(INET.line(BRIDGE, "-t", "systemd", "--", "/usr/sbin/lighttpd", "-D", "-f",
                             OUT + "/lighttpd.conf"))
        for _ in range(2):
            answer, _ = self.ask(INET, b"GET /index.txt HTTP/1.0\r\n\r\n")
            self.assertRegex(answer, "^HTTP/1.0 200 OK\r\n(.*\r\n)+hello$")


LIGHTTPD = """
server.systemd-socket-activation = "enable"
server.bind = "127.0.0.1"
server.port = 5001
server.document-root = "%s"
""" % OUT


class Kinds(InetdTestCase):
    """The rest of the table in the manual (Which sockets reach which daemons), by the word of libsystemd."""

    UDP6 = Kind("::1:5004 dgram udp6", socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 5004), None)
    UNIX_DATAGRAM = Kind(PATH + " dgram unix", socket.AF_UNIX, socket.SOCK_DGRAM, PATH, None)
    # on which kind of line: what libsystemd says, and whether a daemon for Upstart is refused it
    ROWS = (
        (INET, True, "stream listening 127.0.0.1:5001", None),
        (INET6, True, "stream listening [::1]:5002", None),
        (UNIX, True, "stream listening " + PATH, None),
        (UDP, True, "dgram 127.0.0.1:5003", "--force-sockets"),
        (UDP6, True, "dgram [::1]:5004", "--force-sockets"),
        (UNIX_DATAGRAM, True, "dgram " + PATH, "--force-sockets"),
        (INET, False, "stream 127.0.0.1:5001", "is a single connection"),
        (INET6, False, "stream [::1]:5002", "is a single connection"),
        (UNIX, False, "stream " + PATH, "is a single connection"),
    )
    REPORT = OUT + "/taken"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taker = cls.host.install(os.environ["CIB_LISTEN_TAKER"], "listen-taker")

    @contextlib.contextmanager
    def called(self, kind, wait, *options):
        """inetd with the taker as its service, and a client who has come to it."""
        self.inetd(kind.line(BRIDGE, "--job=foo", *options, "--", self.taker, self.REPORT, wait=wait))
        with self.connect(kind) as client:
            if kind.kind == socket.SOCK_DGRAM:
                client.send(b"hello")
            yield client

    def test_for_a_daemon_of_systemd(self):
        for kind, wait, what, _ in self.ROWS:
            with self.row(kind=kind.words, wait=wait), self.called(kind, wait, "-t", "systemd"):
                self.assertEqual(self.host.wait_file(self.REPORT),
                                 "3 %s %s\n" % ("unknown.socket" if wait else "connection", what))

    def test_for_a_daemon_of_upstart(self):
        for kind, wait, what, refusal in self.ROWS:
            if refusal:
                with self.row(kind=kind.words, wait=wait), self.called(kind, wait, "-t", "upstart"):
                    self.assertIn(refusal, wait_until(self.messages_of_bridge, "a refusal")[0])
                    self.host.stop("inetd.service")     # or it would try again and again
                    self.assertFalse(self.host.exists(self.REPORT))
            if wait:
                with self.row(kind=kind.words, wait=wait), \
                        self.called(kind, wait, "-t", "upstart", *([refusal] if refusal else [])):
                    self.assertEqual(self.host.wait_file(self.REPORT), "3 - %s\n" % what)


class NoWait(InetdTestCase):
    """A daemon for each connection."""

    def test_daemon_for_systemd(self):
        for kind in (INET, INET6, UNIX):
            with self.row(kind=kind.words):
                self.inetd(kind.line(*bridge("--target=systemd", REPORT, "serve"), wait=False))
                answer, name = self.ask(kind)
                report = self.report()
                self.assertEqual(answer, "fd 3 %s\n" % report["pid"])
                self.assert_is_inetd_s(report)
                self.assertEqual({n: report.fds[n] for n in (0, 1, 2)}, {0: NULL, 1: NULL, 2: NULL})
                self.assertEqual(len(report.fds), 4)
                self.assertNotIn("listening", report.fds[3])
                remote = {} if kind is UNIX else {"REMOTE_ADDR": name[0], "REMOTE_PORT": str(name[1])}
                self.assertEqual(self.listen_variables(report), {
                    "LISTEN_PID": report["pid"], "LISTEN_FDS": "1", "LISTEN_FDNAMES": "connection", **remote})

    def test_the_daemon_sees_what_accept_yes_would_give_it(self):
        """Real systemd with Accept=yes is the measure, for clients of every sort."""
        for client, kind in (("IPv4", INET), ("IPv6", INET6)):
            with self.row(client=client):
                self.inetd(kind.line(*bridge("--target=systemd", REPORT, "serve"), wait=False))
                self.ask(kind)
                bridged = self.report()
                self.clear()
                self.host.service("x@", DAEMON, REPORT, "serve", StandardInput="null", StandardOutput="null",
                                  StandardError="null")
                address = "127.0.0.1:5001" if kind is INET else "[::1]:5002"
                self.host.socket("x", ListenStream=address, Accept="yes")
                self.assert_started("x.socket")
                self.ask(kind)
                native = self.report()
                self.assertEqual(without_ports(bridged), without_ports(native))

    def test_an_upstart_daemon_would_wait_for_a_listener(self):
        self.inetd(INET.line(*bridge("--target=upstart", "--force-sockets", REPORT, "serve"), wait=False))
        self.assertEqual(self.ask(INET)[0], "")
        line, = wait_until(self.messages_of_bridge, "a refusal")
        self.assertIn("is a single connection", line)
        self.assertFalse(self.host.exists(OUT + "/report"))

    def test_detection(self):
        self.inetd(INET.line(BRIDGE, "--detect", wait=False))
        self.assertEqual(self.ask(INET)[0], "")     # which is not for the client
        lines = wait_until(lambda: (said := self.messages_of_bridge()) and "verdict" in said[-1] and said, "a verdict")
        self.assertIn("evidence (parent): inetd: our parent is called inetd, and standard input is a socket", lines)
        self.assertTrue([line for line in lines if line.startswith("looked at (systemd): SYSTEMD_EXEC_PID: ")], lines)
        self.assertEqual(lines[-1], "verdict: inetd; it started us itself")

    def test_inetd_that_ends_meanwhile(self):
        """What it has just started is its service all the same, and no unit of systemd's."""
        for words in (["-t", "systemd"], ["-t", "upstart", "--job=foo"]):
            for wait in (False, True) if "systemd" in words else (True,):
                with self.row(words=words, wait=wait):
                    self.odd_is_expected = True     # that it remains
                    self.host.write("/srv/bin/orphan", ORPHAN % " ".join([BRIDGE, *words, "--", DAEMON, REPORT, "serve"]),
                                    0o755)
                    # As in Debian's own unit: what it has started stays.
                    self.inetd(INET.line("/srv/bin/orphan", wait=wait), KillMode="process")
                    answer, _ = self.ask(INET)
                    report = self.report()
                    self.assertEqual(report["ppid"], "1")
                    self.assertEqual(answer, "fd 3 %s\n" % report["pid"])
                    self.assertEqual(self.messages_of_bridge(), [])
                    self.host.run("kill", "-KILL", report["pid"])   # it is in no unit any more

    def test_where_it_belongs(self):
        """A daemon for inetd under inetd: nothing is changed."""
        reports = []
        for command in ([DAEMON, REPORT, "serve"], bridge("--target=inetd", REPORT, "serve")):
            with self.row(command=command[0]):
                self.inetd(INET.line(*command, wait=False))
                self.ask(INET)
                reports.append(self.report())
        native, bridged = reports
        self.assertEqual(without_ports(bridged), without_ports(native))
        self.assertEqual(set(bridged.env), set(native.env))

    def test_our_messages_are_not_for_the_client(self):
        rows = ((["--target=systemd", "--notify"], "-N on host inetd"),
                (["--target=nonsense"], "'nonsense' is not a target"))
        for options, message in rows:
            for wait in (False, True):
                with self.row(options=options, wait=wait):
                    self.inetd(INET.line(*bridge(*options, REPORT, "serve"), wait=wait))
                    with self.connect(INET) as client:
                        lines = wait_until(self.messages_of_bridge, "a refusal")
                        self.host.stop("inetd.service")
                        if not wait:
                            self.assertEqual(client.recv(4096), b"")
                        self.assertFalse(self.host.exists(OUT + "/report"))
                    self.assertIn(message, lines[0])

    def test_a_failure_behind_our_own_standard_error_is_said(self):
        """Where 0-2 are the daemon's already, on /dev/null, there is only syslog."""
        script = OUT + "/script"
        self.host.write(script, "#!/nonexistent/sh\n")
        os.chmod(self.host.path(script), 0o755)
        self.inetd(INET.line(BRIDGE, "--target=systemd", "--", script, wait=False))
        with self.connect(INET) as client:
            lines = wait_until(self.messages_of_bridge, "a message")
            self.assertEqual(client.recv(4096), b"")
        self.assertIn("the file is there, but not its interpreter, /nonexistent/sh", lines[0])

    def test_the_plan_is_not_for_the_client(self):
        self.inetd(INET.line(*bridge("--target=systemd", "--verbose", REPORT, "serve"), wait=False))
        answer, _ = self.ask(INET)
        self.assertRegex(answer, r"^fd 3 \d+\n$")
        lines = self.messages_of_bridge()
        self.assertEqual(lines[0], "host: inetd (our parent is called inetd, and standard input is a socket)")
        self.assertIn("descriptor 0: /dev/null", lines)


# Becomes the bridge only when inetd has ended, and process 1 is its parent.
ORPHAN = """#!/bin/sh
kill "$PPID"
while read -r _ _ _ parent _ </proc/$$/stat && [ "$parent" != 1 ]; do :; done
exec %s
"""


def without_ports(report):
    """What is the same for two clients."""
    values = {name: value for name, value in report.env.items() if name.startswith(("LISTEN_", "REMOTE_"))}
    values.pop("LISTEN_PID", None)
    values.pop("REMOTE_PORT", None)
    fds = {number: what.rpartition("peer=")[0] + what.rpartition(":")[0].rpartition("peer=")[2]
           for number, what in report.fds.items()}
    return values, fds


class BelowUpstart(UpstartTestCase):
    """inetd is a job."""

    def test_its_service_is_not_a_job(self):
        if not INETD:
            self.skipTest("needs the package openbsd-inetd")
        with Host() as host:
            conf, report = host.dir + "/inetd.conf", host.dir + "/report"
            words = [upstart_case.BRIDGE, "--target=systemd", "--", upstart_case.DAEMON, "report=" + report, "serve"]
            with open(conf, "w") as file:
                file.write(INET.line(*words, wait=False) + "\n")
            host.job("job", upstart_case.run(INETD, "-i", conf))
            self.assert_started(host)
            client = wait_until(lambda: self.try_to_connect(host), "inetd")
            with client:
                client.shutdown(socket.SHUT_WR)
                self.assertRegex(client.recv(4096).decode(), r"^fd 3 \d+\n$")
            with open(report) as file:
                seen = Report(file.read())
            self.assertEqual(seen.env["LISTEN_FDNAMES"], "connection")
            self.assertEqual([name for name in seen.env if name.startswith("UPSTART_")], [])
            self.assertEqual(seen["ppid"], str(host.status("job").pid))

    def try_to_connect(self, host):
        client = host.socket(socket.AF_INET)
        if client.connect_ex(INET.address) == 0:
            return client
        client.close()
        return None


if __name__ == "__main__":
    tap.main()
