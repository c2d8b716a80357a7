# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Debian's inetd as a unit of a real systemd: what the tests of it share."""
import os
import shutil
import socket

from systemd_case import OUT, SystemdTestCase
from systemd_host import wait_until

INETD = shutil.which("inetd", path="/usr/sbin:/sbin")
CONF = OUT + "/inetd.conf"
NULL = "chr 1:3 /dev/null rw"
CANARY = ("127.0.0.1", 5999)
CANARY_LINE = "127.0.0.1:5999 stream tcp4 nowait root /bin/true true"  # the last line, so all others are in force


class Kind:
    """A service's socket: the words of its line, how a client comes to it, how fake-daemon describes it."""

    def __init__(self, words, family, kind, address, described):
        self.words = words
        self.family = family
        self.kind = kind
        self.address = address
        self.described = described

    def line(self, *command, wait=True):
        name, kind, protocol = self.words.split()
        return " ".join([name, kind, protocol, "wait" if wait else "nowait", "root", command[0],
                         os.path.basename(command[0]), *command[1:]])


class InetdTestCase(SystemdTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not INETD:
            cls.doClassCleanups()
            raise cls.skipTest(cls, "needs the package openbsd-inetd")

    def inetd(self, *lines, **settings):
        """inetd as a unit, with these services; they are there on return."""
        self.host.write(CONF, "\n".join([*lines, CANARY_LINE]) + "\n")
        self.host.service("inetd", INETD, "-i", CONF, **settings)
        self.assert_started("inetd.service")
        wait_until(lambda: self.host.client_socket(socket.AF_INET).connect_ex(CANARY) == 0, "inetd")

    def connect(self, kind):
        client = self.host.client_socket(kind.family, kind.kind)
        client.connect(self.host.path(kind.address) if kind.family == socket.AF_UNIX else kind.address)
        return client

    def ask(self, kind, request=None):
        """What the service answers, to the end of the connection; and our own address."""
        with self.connect(kind) as client:
            name = client.getsockname()
            if request or kind.kind == socket.SOCK_DGRAM:
                client.sendall(request or b"hello")
            else:   # what the daemon has not read when it leaves would be a reset
                client.shutdown(socket.SHUT_WR)
            answer = client.recv(4096)
            while kind.kind == socket.SOCK_STREAM and (more := client.recv(4096)):
                answer += more
            return answer.decode(), name

    def messages_of_bridge(self):
        """What it sent to syslog: its standard error is the client's."""
        return [text for _, name, text in self.messages() if name == "cross-init-bridge"]

    def inetd_pid(self):
        return str(self.host.main_pid("inetd.service"))

    def assert_is_inetd_s(self, report):
        """The daemon is a child of inetd's, as any service of its."""
        self.assertEqual(report["ppid"], self.inetd_pid())
        self.assertEqual(report["pid"], report["sid"])

    def listen_variables(self, report):
        return {name: value for name, value in report.env.items()
                if name.startswith(("LISTEN_", "REMOTE_", "UPSTART_", "NOTIFY_"))}
