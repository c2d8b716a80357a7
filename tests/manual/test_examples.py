# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Each example of the manual works as it is: under a real systemd, the stand-in for Upstart, inetd.

Only the path of the bridge is another than in the file, and, where there is no Xen, the daemon's.
Configurations are the packages' own where they have one. Separate from the tests with these daemons,
whose units and jobs are made for the tests.
"""
import os
import pwd
import shutil
import socket
import stat

import pages
import tap
import upstart_case
from systemd_case import BRIDGE, SystemdTestCase
from systemd_host import wait_until

HTTP = b"GET /page HTTP/1.0\r\nHost: test\r\n\r\n"
WEB = ("127.0.0.1", 8000)
APP = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
COLLECTD = """
FQDNLookup false
PIDFile "/run/collectd.pid"
LoadPlugin load
"""
LIGHTTPD = """
server.systemd-socket-activation = "enable"
server.port = 8001
server.document-root = "/srv/www"
mimetype.assign = ( "" => "text/plain" )
"""
AGENT = """#!/bin/sh
trap 'exit 0' TERM
: > "$1/set-up"
systemd-notify --ready
while :; do sleep 0.05; done
"""

def example(name, bridge):
    """The text of an example, with the path of the bridge that is tested."""
    return pages.read_example(name).replace("/usr/bin/cross-init-bridge", bridge)


def exchange(client, request=HTTP):
    """All that the server answers."""
    client.settimeout(15)
    client.sendall(request)
    answer = b""
    while more := client.recv(65536):
        answer += more
    return answer


def need(test, *programs):
    for program in programs:
        if not os.path.exists(program):
            test.skipTest(program + " is not installed")


class Systemd(SystemdTestCase):
    def write_units(self, *names):
        for name in names:
            self.host.unit(name, example("systemd/" + name, BRIDGE))

    def make_state(self, path, user="root"):
        """A directory that the package has brought: /var is empty here."""
        os.makedirs(self.host.path(path))
        owner = pwd.getpwnam(user)
        os.chown(self.host.path(path), owner.pw_uid, owner.pw_gid)
        self.addCleanup(lambda: shutil.rmtree(self.host.path(path)))

    def assert_daemon(self, unit, name):
        """It is the main process, goes on, and nothing of the bridge is left beside it."""
        wait_until(lambda: all(p.name != "cross-init-brid" for p in self.host.processes(unit)), "end of the bridge")
        main = self.main_process(unit)
        self.assertEqual(main.name, name)
        self.assertNotIn(main.state, "Tt")
        self.assertEqual(self.bridge_lines(), [])

    def connect(self, address):
        client = self.host.client_socket(socket.AF_INET)
        client.connect(address)
        return client

    def test_redis(self):
        need(self, "/usr/bin/redis-server", "/etc/redis/redis.conf")
        self.make_state("/var/lib/redis", "redis")
        self.write_units("redis-bridged.service")
        self.assert_started("redis-bridged.service")
        self.assert_daemon("redis-bridged.service", "redis-server")
        with self.connect(("127.0.0.1", 6379)) as client:
            self.assertIn(b"+PONG", exchange(client, b"PING\r\nQUIT\r\n"))

    def test_redis_forking(self):
        """Its pid file names it, as long as it runs."""
        need(self, "/usr/bin/redis-server")
        self.write_units("redis-forking.service")
        self.assert_started("redis-forking.service")
        main = self.host.main_pid("redis-forking.service")
        self.assertEqual(self.host.read("/run/redis.pid"), "%d\n" % main)
        self.assertEqual(self.main_process("redis-forking.service").name, "redis-server")
        self.assertEqual(self.bridge_lines(), [])
        self.assertEqual(self.host.stop("redis-forking.service").returncode, 0)
        self.assertFalse(self.host.exists("/run/redis.pid"))

    def test_collectd(self):
        need(self, "/usr/sbin/collectd")
        self.make_state("/var/lib/collectd")
        self.host.write("/etc/collectd/collectd.conf", COLLECTD)
        self.write_units("metrics.service")
        self.assert_started("metrics.service")
        self.assert_daemon("metrics.service", "collectd")

    def test_web(self):
        need(self, "/usr/bin/uwsgi", "/usr/lib/uwsgi/plugins/python3_plugin.so")
        self.host.write("/srv/web/app.py", APP)
        self.write_units("web.socket", "web.service")
        self.assert_started("web.socket")
        for _ in range(2):
            with self.connect(WEB) as client:
                self.assertIn(b"hello", exchange(client))
        self.assert_daemon("web.service", "uwsgi")
        self.host.stop("web.socket")

    def test_page(self):
        need(self, "/usr/sbin/micro-httpd")
        self.host.write("/srv/www/page", "hello")
        self.write_units("page.socket", "page@.service")
        self.assert_started("page.socket")
        for _ in range(2):
            with self.connect(("127.0.0.1", 80)) as client:
                self.assertIn(b"hello", exchange(client))
        self.assertEqual(self.bridge_lines(), [])

    def test_private_bus(self):
        need(self, "/usr/bin/dbus-daemon")
        self.write_units("private-bus.service")
        for _ in range(2):
            self.assert_started("private-bus.service")
            with socket.socket(socket.AF_UNIX) as client:   # it listens
                client.connect(self.host.path("/run/private-bus"))
            self.assert_daemon("private-bus.service", "dbus-daemon")
            self.assertEqual(self.host.stop("private-bus.service").returncode, 0)

    def test_inetd(self):
        need(self, "/usr/sbin/inetd", "/usr/sbin/lighttpd")
        self.host.write("/srv/www/page", "hello")
        self.host.write("/etc/lighttpd/lighttpd.conf", LIGHTTPD)
        self.host.write("/etc/inetd.conf", example("inetd/inetd.conf", BRIDGE))
        self.host.service("inetd", "/usr/sbin/inetd", "-i")
        self.assert_started("inetd.service")
        wait_until(lambda: self.host.client_socket(socket.AF_INET).connect_ex(WEB) == 0, "inetd")
        with self.connect(WEB) as client:
            self.assertIn(b"hello", exchange(client))

    def test_what_explain_prints(self):
        """The command as the manual shows it, and what it prints."""
        need(self, "/usr/sbin/collectd")
        command, = [text for text in pages.displays("7") if text.startswith("systemd-run ")]
        plan, = [text for text in pages.displays("7") if text.startswith("host: ")]
        words = command.replace("\\\n", " ").replace(" cross-init-bridge ", " %s " % BRIDGE).split()
        result = self.host.run(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(" ".join(result.stdout.split()), " ".join(plan.split()))


class Upstart(upstart_case.UpstartTestCase):
    def host(self, **options):
        """A host with directories of its own where the examples look for their files."""
        host = upstart_case.Host(**options)
        self.addCleanup(host.__exit__, None, None, None)
        for path in "/srv", "/usr/local":
            self.assertEqual(host.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path]).returncode, 0)
        os.chmod(host.dir, 0o755)
        return host

    def write(self, host, inside, text, mode=0o644):
        path = host.path(inside)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def load(self, host, name, **replaced):
        text = example("upstart/%s.conf" % name, upstart_case.BRIDGE)
        for old, new in replaced.get("words", ()):
            self.assertIn(old, text)
            text = text.replace(old, new)
        host.job(name, text)

    def assert_daemon(self, host, name, comm):
        pid = self.assert_running(host, name)
        self.assertEqual(host.proc(pid, "comm").strip(), comm)
        self.assertEqual(host.bridge_lines(name) + host.complaints(), [])

    def assert_stops(self, host, name):
        self.assertEqual(host.stop(name).rc, 0)
        self.assert_nothing_left(host)

    def workers(self, host, name):
        main = host.outer_pid(host.status(name).pid)
        return {process.pid for process in host.processes() if process.ppid == main and process.state != "Z"}

    def test_haproxy(self):
        need(self, "/usr/sbin/haproxy", "/etc/haproxy/haproxy.cfg")
        host = self.host()
        self.load(host, "haproxy")
        self.assertEqual(host.start("haproxy").rc, 0)
        self.assert_daemon(host, "haproxy", "haproxy")
        upstart_case.reload_until_new(host, "haproxy", lambda: self.workers(host, "haproxy"))
        self.assert_stops(host, "haproxy")

    def check_web(self, name, comm, *programs):
        """Started by its first client, and by hand; a client is answered either way."""
        need(self, *programs)
        host = self.host()
        self.write(host, "/srv/web/app.py", APP)
        self.load(host, name)
        for by_client in True, False:
            if not by_client:
                self.assertEqual(host.start(name).rc, 0)
            with host.connect(socket.AF_INET, WEB) as client:
                self.assertIn(b"hello", exchange(client))
            host.wait(name, "start/running")    # which a client's answer may be ahead of
            self.assert_daemon(host, name, comm)
            self.assert_stops(host, name)

    def test_web(self):
        self.check_web("web", "gunicorn", "/usr/bin/gunicorn")

    def test_wsgi(self):
        self.check_web("wsgi", "uwsgi", "/usr/bin/uwsgi", "/usr/lib/uwsgi/plugins/python3_plugin.so")

    def test_agent(self):
        need(self, "/usr/bin/systemd-notify")
        host = self.host()
        self.write(host, "/usr/local/bin/agent", AGENT, 0o755)
        state = os.path.join(host.dir, "state")
        os.mkdir(state)
        os.chmod(state, 0o777)
        self.load(host, "agent", words=[("/tmp/agent", state)])     # /tmp is the machine's
        self.assertEqual(host.start("agent").rc, 0)
        self.assert_daemon(host, "agent", "agent")
        self.assertTrue(os.path.exists(os.path.join(state, "set-up")))
        self.assert_stops(host, "agent")

    def test_avahi(self):
        need(self, "/usr/sbin/avahi-daemon")
        host = self.host(system_bus=True)
        self.load(host, "avahi-daemon")
        self.assertEqual(host.start("avahi-daemon").rc, 0)
        self.assert_daemon(host, "avahi-daemon", "avahi-daemon")
        self.assert_stops(host, "avahi-daemon")

    def test_xenstored(self):
        """With stand-ins for what only Xen has: the module, the file system, and the daemon."""
        host = self.host()
        xenbus = os.path.join(host.dir, "xenbus")
        self.write(host, "/usr/local/sbin/modprobe", "#!/bin/sh\necho $1 > %s/modprobe\n" % host.dir, 0o755)
        self.load(host, "xenstored", words=[
            ("/usr/sbin/xenstored --no-fork", "%s %s pause" % (upstart_case.DAEMON, upstart_case.READY)),
            ("/proc/xen/xenbus", xenbus)])
        host.start("xenstored", wait=False)
        host.wait("xenstored", "start/spawned")
        open(xenbus, "w").close()
        os.mkdir(host.path("/dev/xen"))
        os.mknod(host.path("/dev/xen/gntdev"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
        host.wait("xenstored", "start/running")
        with open(os.path.join(host.dir, "modprobe")) as file:
            self.assertEqual(file.read(), "xen-gntdev\n")
        self.assert_daemon(host, "xenstored", "fake-daemon")
        self.assert_stops(host, "xenstored")


if __name__ == "__main__":
    tap.main()
