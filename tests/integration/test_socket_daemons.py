# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Real daemons on sockets of each origin but Upstart: systemd's, inetd's, and those of --listen.

Each row is a daemon that was written for systemd, Upstart or inetd; each origin runs all of them, and
their clients ask them something. Separate from test_upstart_daemons.py, which has the same daemons
under Upstart, and from test_systemd_daemons.py, where readiness is what matters.
"""
import shutil
import socket

import tap
from inetd_case import InetdTestCase, Kind
from systemd_case import BRIDGE, OUT
from systemd_host import wait_until

# It would open its own port, which the clients do not know, only if it were given no socket.
LIGHTTPD = """
server.systemd-socket-activation = "enable"
server.bind = "127.0.0.1"
server.port = 8081
server.document-root = "%s"
index-file.names = ( "page" )
mimetype.assign = ( "" => "text/plain" )
""" % OUT

WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""

DBUS = """<busconfig>
  <type>system</type>
  <listen>systemd:</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/></policy>
</busconfig>
"""

FILES = {"page": "hello", "lighttpd.conf": LIGHTTPD, "wsgi.py": WSGI, "dbus.conf": DBUS}

TCP = Kind("127.0.0.1:8080 stream tcp4", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 8080), None)
UNIX = Kind(OUT + "/socket stream unix", socket.AF_UNIX, socket.SOCK_STREAM, OUT + "/socket", None)

HTTP = (TCP, b"GET / HTTP/1.0\r\nHost: test\r\n\r\n", b"hello")
UWSGI = (TCP, b"\x64\0\0\0", b"\x64\0\0\1")
AUTH = (UNIX, b"\0AUTH EXTERNAL 30\r\n", b"OK ")

UWSGI_CORE = ["uwsgi-core", "--master", "--plugin", "ping"]

# name: target, its client, its command
DAEMONS = {
    "lighttpd": ("systemd", HTTP, ["lighttpd", "-D", "-f", OUT + "/lighttpd.conf"]),
    "gunicorn": ("systemd", HTTP, ["gunicorn", "--chdir", OUT, "--user", "nobody", "wsgi:application"]),
    "uwsgi": ("systemd", UWSGI, UWSGI_CORE),
    "dbus-daemon": ("systemd", AUTH, ["dbus-daemon", "--nofork", "--nopidfile", "--config-file=%s/dbus.conf" % OUT]),
    "uwsgi of Upstart": ("upstart", UWSGI, UWSGI_CORE),
    "uwsgi of inetd": ("inetd", UWSGI, UWSGI_CORE),
}

# With TERM to all of its processes uWSGI hangs at times, by itself.
SETTINGS = {"KillSignal": "SIGINT"}


class DaemonTestCase(InetdTestCase):
    def check_each(self, serve, *targets):
        """Has each daemon for one of @targets served by @serve(its socket, the words of the bridge, its own)."""
        for name, (target, client, command) in DAEMONS.items():
            if target not in targets:
                continue
            with self.row(daemon=name):
                program = shutil.which(command[0], path="/usr/bin:/usr/sbin:/bin:/sbin")
                if not program:
                    self.skipTest(command[0] + " is not installed")
                for file, text in FILES.items():
                    self.host.write(OUT + "/" + file, text)
                job = ["--job=foo"] * (target == "upstart")
                unit = serve(client[0], [BRIDGE, "-t", target, *job], [program, *command[1:]])
                self.assert_answers(*client)
                if unit:
                    self.assert_given(unit, target)

    def assert_answers(self, kind, request, expected):
        """Twice: the second client comes to a daemon that is there."""
        for _ in range(2):
            with self.connect(kind) as client:
                client.settimeout(30)       # for a Python program to begin, on a busy machine
                client.sendall(request)
                answer = b""
                while expected not in answer and (more := client.recv(65536)):
                    answer += more
                self.assertIn(expected, answer)
        self.assertEqual(self.bridge_lines(), [])

    def assert_given(self, unit, target):
        """uWSGI takes sockets by any protocol: it shall have had those of one only."""
        env = self.host.run("cat", "/proc/%d/environ" % self.host.main_pid(unit)).stdout.split("\0")
        for variable, its_target in ("LISTEN_FDS=1", "systemd"), ("UPSTART_EVENTS=socket", "upstart"):
            self.assertEqual(variable in env, target == its_target)

    def can_connect(self, kind):
        try:
            self.connect(kind).close()
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True


class Origins(DaemonTestCase):
    def from_socket_unit(self, kind, words, command):
        self.host.service("x", *words, "--", *command, **SETTINGS)
        self.host.socket("x", ListenStream=kind.address if kind is UNIX else "%s:%d" % kind.address)
        self.assert_started("x.socket")
        return "x.service"

    def from_listen(self, kind, words, command):
        listen = "--listen=" + (kind.address if kind is UNIX else "%s:%d" % kind.address)
        self.host.service("x", *words, listen, "--", *command, **SETTINGS)
        self.assert_started("x.service")
        wait_until(lambda: self.can_connect(kind), "the socket")
        return "x.service"

    def from_inetd(self, kind, words, command):
        self.inetd(kind.line(*words, "--", *command), **SETTINGS)

    def test_socket_unit(self):
        self.check_each(self.from_socket_unit, "systemd", "upstart", "inetd")

    def test_listen(self):
        self.check_each(self.from_listen, "systemd", "upstart", "inetd")

    def test_inetd(self):
        """Where a daemon for inetd is at home."""
        self.check_each(self.from_inetd, "systemd", "upstart")


if __name__ == "__main__":
    tap.main()
