# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""On a real systemd: real daemons that speak Upstart's protocol, or inetd's, each in a unit with the bridge.

Nothing of the packages but their programs is used: the units, the configuration and the data are the
tests' own and inside the instance. Separate from the scriptable daemon, which does only what its
authors thought of.
"""
import shutil
import socket

import tap
from systemd_case import BRIDGE, OUT, SystemdTestCase
from systemd_host import wait_until

UPSTART = [BRIDGE, "--target=upstart"]
INETD = [BRIDGE, "--target=inetd", "--"]

COLLECTD_CONF = """
Hostname "host"
FQDNLookup false
BaseDir "%(out)s"
PIDFile "%(out)s/collectd.pid"
LoadPlugin unixsock
LoadPlugin load
<Plugin unixsock>
    SocketFile "%(out)s/collectd.sock"
</Plugin>
""" % {"out": OUT}

# Sends a request and prints all of the answer, or its first part if the server keeps the line open.
CLIENT = """
import socket, sys
address, request = sys.argv[1:3]
client = socket.socket(socket.AF_UNIX)
client.settimeout(10)
client.connect(address)
client.sendall(request.encode().decode('unicode_escape').encode())
print(client.recv(65536).decode(errors='replace'))
"""


class DaemonTestCase(SystemdTestCase):
    def need(self, program):
        if not shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin"):
            self.skipTest(program + " is not installed")

    def ask(self, path, request):
        result = self.host.run("/usr/bin/python3", "-c", CLIENT, path, request)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def assert_main_process(self, unit, name):
        """The daemon is the main process, the bridge has left, and so have systemd's words: uWSGI heeds them, too."""
        wait_until(lambda: all(p.name != "cross-init-bridg" for p in self.host.processes(unit)),
                   "the bridge to leave", 0.8, looks=50)
        main = self.main_process(unit)
        self.assertEqual(main.name, name)
        self.assertNotIn(main.state, "Tt")
        env = self.host.run("cat", "/proc/%d/environ" % main.inner_pid).stdout
        self.assertNotIn("LISTEN_FDS=", env)

    def assert_stops(self, unit):
        self.assertEqual(self.host.stop(unit).returncode, 0)
        self.assertEqual(self.host.show(unit, "Result", "ActiveState"),
                         {"Result": "success", "ActiveState": "inactive"})


class OfUpstart(DaemonTestCase):
    def test_redis(self):
        self.need("redis-server")
        for mode in ("upstart", "auto"):
            with self.row(supervised=mode):
                self.host.service("cache", *UPSTART, "--notify", "redis-server", "--supervised", mode,
                                  "--port", "0", "--unixsocket", OUT + "/redis.sock",
                                  "--dir", OUT, "--save", "", Type="notify")
                self.assert_started("cache.service")
                self.assert_main_process("cache.service", "redis-server")
                self.assertIn("PONG", self.ask(OUT + "/redis.sock", r"PING\r\n"))
                self.assert_stops("cache.service")

    def test_redis_without_notify_does_not_stop_itself(self):
        """Seen in the predecessor: in a unit that is not Type=notify nobody would ever continue it."""
        self.need("redis-server")
        self.host.service("cache", *UPSTART, "redis-server", "--supervised", "auto", "--port", "0",
                          "--unixsocket", OUT + "/redis.sock", "--dir", OUT, "--save", "")
        self.assert_started("cache.service")
        wait_until(lambda: self.host.exists(OUT + "/redis.sock"), "redis' socket")
        self.assertIn("PONG", self.ask(OUT + "/redis.sock", r"PING\r\n"))

    def collectd(self, unit, *options):
        self.need("collectd")
        self.host.write(OUT + "/collectd.conf", COLLECTD_CONF)
        self.host.service(unit, *UPSTART, "--notify", *options, "collectd", "-C",
                          OUT + "/collectd.conf", Type="notify")

    def test_collectd(self):
        """Seen in the predecessor: it heeds UPSTART_JOB only if that is its own name."""
        for unit, options in (("metrics", ["--job=collectd"]), ("collectd", [])):
            with self.row(unit=unit):
                self.collectd(unit, *options)
                self.assert_started(unit + ".service")
                self.assert_main_process(unit + ".service", "collectd")
                wait_until(lambda: self.host.exists(OUT + "/collectd.sock"), "collectd's socket")
                self.assertIn("Value", self.ask(OUT + "/collectd.sock", r"LISTVAL\n"))
                self.assert_stops(unit + ".service")

    def test_collectd_under_another_name(self):
        """Without --job it goes into the background: failed, said why, and nothing is left."""
        self.collectd("metrics")
        self.assertNotEqual(self.host.start("metrics.service").returncode, 0)
        self.assertEqual(self.host.show("metrics.service", "Result"), {"Result": "protocol"})
        self.assertEqual(self.host.processes("metrics.service"), [])
        self.assertEqual(len(self.bridge_lines()), 1)

    def test_uwsgi(self):
        """Seen in the predecessor: it wants UPSTART_EVENTS=socket beside UPSTART_FDS."""
        self.need("uwsgi-core")
        self.host.write(OUT + "/page", "#!/bin/sh\nprintf 'Status: 200 OK\\r\\n\\r\\nhello'\n", 0o755)
        self.host.service("web", *UPSTART, "uwsgi-core", "--master", "--die-on-term",
                          "--plugin", "0:cgi", "--protocol", "http", "--cgi", OUT + "/page")
        self.host.socket("web", ListenStream=OUT + "/web.sock")
        self.assert_started("web.socket")
        answer = self.ask(OUT + "/web.sock", r"GET /page HTTP/1.0\r\n\r\n")
        self.assertRegex(answer, "^HTTP/1.[01] 200 ")
        self.assert_main_process("web.service", "uwsgi-core")
        self.host.stop("web.socket")
        self.assert_stops("web.service")


class OfInetd(DaemonTestCase):
    """Services that Debian's packages would put into inetd.conf."""

    def stop(self, name):
        self.host.stop(name + ".socket")
        self.assert_stops(name + ".service")

    def test_micro_httpd(self):
        """stream nowait"""
        self.need("micro-httpd")
        self.host.write(OUT + "/page.txt", "hello")
        self.host.service("page@", *INETD, "/usr/sbin/micro-httpd", OUT)
        self.host.socket("page", ListenStream="127.0.0.1:8080", Accept="yes")
        self.assert_started("page.socket")
        for _ in range(2):
            with self.host.client_socket(socket.AF_INET) as client:
                client.connect(("127.0.0.1", 8080))
                client.sendall(b"GET /page.txt HTTP/1.0\r\n\r\n")
                answer = b""
                while more := client.recv(65536):
                    answer += more
            self.assertRegex(answer.decode(), "^HTTP/1.[01] 200 Ok\r\n(.*\r\n)+hello$")

    def skip_without_ipv6(self):
        """Debian 13's asks for a socket of IPv6, whatever it is told, and ends where there is none."""
        if any("Address family not supported" in line["MESSAGE"] for line in self.host.journal(after=self.cursor)):
            self.skipTest("this in.tftpd needs IPv6")

    def test_tftpd(self):
        """dgram wait"""
        self.need("in.tftpd")
        self.host.write(OUT + "/tftp/page", "hello")
        self.host.service("boot", *INETD, "/usr/sbin/in.tftpd", "--secure", "--user", "nobody", OUT + "/tftp")
        self.host.socket("boot", ListenDatagram="127.0.0.1:69")
        self.assert_started("boot.socket")
        read_request, data, first_block = b"\0\1", b"\0\3", b"\0\1"
        with self.host.client_socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for _ in range(2):
                client.sendto(read_request + b"page\0octet\0", ("127.0.0.1", 69))
                try:
                    answer, address = client.recvfrom(65536)
                except TimeoutError:
                    self.skip_without_ipv6()
                    raise
                self.assertEqual(answer, data + first_block + b"hello")
                client.sendto(b"\0\4" + first_block, address)     # its acknowledgement
        self.assert_main_process("boot.service", "in.tftpd")
        self.stop("boot")

    def test_uwsgi(self):
        """stream wait: it takes the listener that it finds on standard input."""
        self.need("uwsgi-core")
        ping, pong = b"\x64\0\0\0", b"\x64\0\0\1"
        self.host.service("web", *INETD, "uwsgi-core", "--master", "--die-on-term", "--plugin", "ping")
        self.host.socket("web", ListenStream="127.0.0.1:8080")
        self.assert_started("web.socket")
        for _ in range(2):
            with self.host.client_socket(socket.AF_INET) as client:
                client.connect(("127.0.0.1", 8080))
                client.sendall(ping)
                self.assertEqual(client.recv(4096), pong)
        self.assert_main_process("web.service", "uwsgi-core")
        self.stop("web")


if __name__ == "__main__":
    tap.main()
