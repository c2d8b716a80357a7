# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd: a daemon for inetd behind the bridge, and connections (Accept=yes) for every target.

The measure is systemd itself: with StandardInput=socket it runs daemons of inetd's, and to its own it
gives connections. Separate from the kinds of sockets, because here the same daemon is run twice, and
everything that it sees is compared.
"""
import re
import socket

import tap
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, bridge

REPORT = "report=%s/report" % OUT
TCP, TCP6, UDP, UNIX = "127.0.0.1:5001", "[::1]:5002", "127.0.0.1:5003", OUT + "/socket"
NULL = {"StandardInput": "null", "StandardOutput": "null", "StandardError": "null"}


class InetdCase(SystemdTestCase):
    def ask(self, address, kind=socket.SOCK_STREAM):
        """What answers there; and our own address."""
        host, _, port = address.rpartition(":")
        family = socket.AF_UNIX if not port.isdigit() else socket.AF_INET6 if "[" in host else socket.AF_INET
        with self.host.client_socket(family, kind) as client:
            client.connect((host.strip("[]"), int(port)) if port.isdigit() else self.host.path(address))
            name = client.getsockname()
            if kind == socket.SOCK_DGRAM:
                client.sendall(b"hello")
            else:
                client.shutdown(socket.SHUT_WR)     # nothing that would be left unread
            return client.recv(4096).decode(), name

    def serve(self, command, address, accept="no", directive="ListenStream", **settings):
        """A unit that its client starts; what that was answered, its address, what the daemon reported."""
        name = "x@" if accept == "yes" else "x"
        self.host.service(name, *command, REPORT, "serve", **settings)
        self.host.socket("x", **{directive: address}, Accept=accept)
        self.assert_started("x.socket")
        kind = socket.SOCK_DGRAM if directive == "ListenDatagram" else socket.SOCK_STREAM
        answer, client = self.ask(address, kind)
        return answer, client, self.report()

    def compare(self, native, bridged, *removed):
        """Two reports: the same but for the variables that the bridge removes."""
        for name in removed:
            self.assertIs(name in native.env, name != "SYSTEMD_EXEC_PID" or self.host.version() >= 248)
            self.assertNotIn(name, bridged.env)
        self.assertEqual(comparable(native, removed), comparable(bridged))


def comparable(report, without=()):
    """Lines of a report without what differs between two runs of the same unit."""
    personal = {"INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "LISTEN_PID", "LISTEN_PIDFDID", "SO_COOKIE", "REMOTE_PORT"}
    lines = []
    for line in report.lines:
        key, _, value = line.partition(" ")
        if key == "env":
            name = value.partition("=")[0]
            if name in without:
                continue
            # MEMORY_PRESSURE_WATCH= leads through the instance, which is named by its connection
            value = name + "=" if name in personal else re.sub(r"(@\d+-|:)\d+(-[^/]*)?\.service\b", r"\1N.service", value)
        elif key in ("pid", "pgid", "sid"):
            value = "own" if value == report["pid"] else value
        elif key == "fd":
            value = re.sub(r"(peer=.*:)\d+", r"\1N", value)
        lines.append("%s %s" % (key, value))
    return sorted(lines)


def standard_descriptors(report):
    """0-2, without the client's port, and without the access mode, which on /dev/null is of no effect."""
    return [re.sub(r"(peer=.*:)\d+", r"\1N", report.fds[fd]).rpartition(" ")[0] for fd in (0, 1, 2)]


# name: address, directives of the socket unit
SERVICES = {
    "wait": (TCP, {}),
    "wait, IPv6": (TCP6, {}),
    "wait, unix": (UNIX, {}),
    "wait, datagrams": (UDP, {"directive": "ListenDatagram"}),
    "nowait": (TCP, {"accept": "yes"}),
    "nowait, IPv6": (TCP6, {"accept": "yes"}),
    "nowait, unix": (UNIX, {"accept": "yes"}),
}

# the option: systemd's own setting
STANDARD_ERROR = {(): {"StandardError": "journal"}, ("--stderr=keep",): {"StandardError": "journal"},
                  ("--stderr=socket",): {"StandardError": "inherit"}, ("--stderr=null",): {"StandardError": "null"}}


class ForInetd(InetdCase):
    def test_as_with_standard_input_socket(self):
        for name, (address, settings) in SERVICES.items():
            with self.row(name=name):
                answer, _, native = self.serve([DAEMON], address, StandardInput="socket", StandardError="journal",
                                               **settings)
                self.assertEqual(answer, "fd 0 %s\n" % native["pid"])
                self.clear()
                answer, _, bridged = self.serve(bridge("--target=inetd"), address, StandardOutput="null",
                                                StandardError="journal", **settings)
                self.assertEqual(answer, "fd 0 %s\n" % bridged["pid"])
                self.compare(native, bridged, "SYSTEMD_EXEC_PID")
                self.assertEqual(bridged.fds[0], bridged.fds[1])
                self.assertEqual(set(bridged.fds), {0, 1, 2})

    def test_standard_error(self):
        for options, settings in STANDARD_ERROR.items():
            with self.row(options=options):
                _, _, native = self.serve([DAEMON], TCP, accept="yes", StandardInput="socket", **settings)
                self.clear()
                _, _, bridged = self.serve(bridge("--target=inetd", *options), TCP, accept="yes",
                                           StandardError="journal")
                self.assertEqual(standard_descriptors(bridged), standard_descriptors(native))

    def test_standard_input_is_a_socket_already(self):
        """Told that it is run as by inetd, the bridge serves the other targets as well."""
        for target, fd in ("systemd", 3), ("upstart", 3), ("inetd", 0):
            with self.row(target=target):
                answer, _, report = self.serve(bridge("--target=" + target, "--init=inetd", "--job=foo"), TCP,
                                               StandardInput="socket", StandardError="journal")
                self.assertEqual(answer, "fd %d %s\n" % (fd, report["pid"]))

    def test_refusals(self):
        rows = (("none", [], [BRIDGE, "-t", "inetd", "--", DAEMON], "needs a socket, and none"),
                ("two", [TCP, TCP6], [BRIDGE, "-t", "inetd", "--", DAEMON], "takes one socket, and 2"),
                ("behind a shell", [TCP], ["/bin/sh", "-c", BRIDGE + " -t inetd -- %s; exit $?" % DAEMON], "'exec'"),
                ("readiness", [TCP], [BRIDGE, "-t", "inetd", "-N", "--", DAEMON], "leave out -N"))
        for name, addresses, command, text in rows:
            with self.row(name=name):
                if addresses:
                    self.host.socket("x", ListenStream=addresses)
                self.host.service("x", *command, Type="notify" if name == "readiness" else "exec")
                if addresses:
                    self.assert_started("x.socket")
                self.assert_refused("x.service", text)


class AcceptYes(InetdCase):
    """A connection instead of a listener."""

    def test_a_daemon_for_systemd_gets_all_that_systemd_gives(self):
        for address in TCP, TCP6, UNIX:
            with self.row(address=address):
                _, _, native = self.serve([DAEMON], address, accept="yes", **NULL)
                self.clear()
                answer, client, bridged = self.serve(bridge("--target=systemd"), address, accept="yes", **NULL)
                self.assertEqual(answer, "fd 3 %s\n" % bridged["pid"])
                self.compare(native, bridged)
                self.assertEqual(bridged.env["LISTEN_FDNAMES"], "connection")
                if address is not UNIX:
                    self.assertEqual((bridged.env["REMOTE_ADDR"], bridged.env["REMOTE_PORT"]),
                                     (client[0], str(client[1])))

    def test_the_other_end_of_a_connection_over_both_protocols(self):
        """What hosts/inetd.c writes for such a client, too: the IPv4 address alone."""
        self.host.service("x@", *bridge("--target=systemd", REPORT, "serve"), **NULL)
        self.host.socket("x", ListenStream="5004", Accept="yes")
        self.assert_started("x.socket")
        self.ask("127.0.0.1:5004")
        self.assertEqual(self.report().env["REMOTE_ADDR"], "127.0.0.1")

    def test_who_is_at_the_other_end_stays_known_to_a_daemon_of_inetd(self):
        _, client, report = self.serve(bridge("--target=inetd"), TCP, accept="yes")
        self.assertEqual((report.env["REMOTE_ADDR"], report.env["REMOTE_PORT"]), (client[0], str(client[1])))

    def test_a_daemon_for_upstart_is_refused_it(self):
        """It would wait in accept(2) for ever: no option helps."""
        for options in [], ["--force-sockets"], ["--notify"]:
            with self.row(options=options):
                self.host.service("x@", *bridge("--target=upstart", *options, REPORT, "serve"),
                                  Type="notify" if "--notify" in options else "exec")
                self.host.socket("x", ListenStream=TCP, Accept="yes")
                self.assert_started("x.socket")
                self.assertEqual(self.ask(TCP)[0], "")
                line, = self.bridge_lines()
                self.assertIn("is a single connection", line)
                self.assertIn("Accept=no", line)
                self.assertFalse(self.host.exists(OUT + "/report"))


if __name__ == "__main__":
    tap.main()
