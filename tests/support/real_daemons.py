# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Real daemons as their own packages would run them, each with a configuration of its own and a client.

For the stand-in for Upstart: each row of DAEMONS makes its job, whatever shape the bridge takes in it.
"""
import os
import shutil
import socket

import programs
from programs import PATH
from upstart_case import AS_USER, BRIDGE, DEADLINE, run

LOOPBACK = "127.0.0.1"


def exchange(connection, request, expected):
    """The answer to @request, up to what is expected of it or to its end."""
    answer = b""
    connection.settimeout(DEADLINE)
    with connection:
        connection.sendall(request)
        while expected not in answer:
            more = connection.recv(65536)
            if not more:
                break
            answer += more
    return answer


def on_disk(path):
    def connect(_host, directory):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path.format(dir=directory))
        return connection
    return connect


def on_loopback(port, kind=socket.SOCK_STREAM):
    def connect(host, _directory):
        connection = host.socket(socket.AF_INET, kind)
        connection.connect((LOOPBACK, port))
        return connection
    return connect


HTTP = b"GET / HTTP/1.0\r\nHost: test\r\n\r\n"
MQTT_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
MQTT_ACCEPTED = b"\x20\x02\x00\x00"
DNS_QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04test\x00\x00\x01\x00\x01"
DNS_ADDRESS = bytes((192, 0, 2, 1))
UWSGI_PING = b"\x64\0\0\0"
UWSGI_PONG = b"\x64\0\0\1"
DBUS_AUTH = b"\0AUTH EXTERNAL 30\r\n"

HAPROXY = """
global
    user haproxy
    group haproxy
    chroot {dir}/empty
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 10s
frontend test
    bind 127.0.0.1:8080
    http-request return status 200 content-type text/plain string hello
"""

UNBOUND = """
server:
    interface: 127.0.0.1@5353
    username: unbound
    chroot: ""
    pidfile: ""
    directory: {dir}
    use-syslog: no
    logfile: ""
    auto-trust-anchor-file: ""
    local-data: "test. A 192.0.2.1"
remote-control:
    control-enable: no
"""

MOSQUITTO = """
listener 1883 127.0.0.1
allow_anonymous true
log_dest stderr
"""

DBUS = """<busconfig>
  <type>system</type>
  <user>messagebus</user>
  <listen>{listen}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/></policy>
</busconfig>
"""

LIGHTTPD = """
server.systemd-socket-activation = "enable"
server.bind = "127.0.0.1"
server.port = 8080
server.document-root = "{dir}"
index-file.names = ( "config" )
mimetype.assign = ( "" => "text/plain" )
# hello
"""

WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""

# The daemon that many have: a script.
SCRIPT = """#!/bin/sh
trap 'systemd-notify --stopping; exit 0' TERM
rm -f {dir}/question {dir}/answer
mkfifo {dir}/question {dir}/answer
chmod 666 {dir}/question {dir}/answer
exec 3<>{dir}/question 4<>{dir}/answer
systemd-notify --ready --status=Answering
while read line <&3; do
    echo "hello $line" >&4
done
"""


class Daemon:
    """A command, what it needs around it, and its client. "{dir}" is the test's directory."""

    def __init__(self, package, command, client, config=None, stanzas="", options=(), directories=(),
                 target="systemd", notifies=True):
        self.package = package
        self.command = command
        self.connect, self.request, self.expected = client
        self.config = config
        self.stanzas = stanzas
        self.options = options
        self.directories = directories
        self.target = target
        self.notifies = notifies

    def job(self, directory, words):
        """The job that runs it behind the bridge, by these words."""
        stanzas = self.stanzas.format(dir=directory) + ("expect stop\n" if self.notifies else "") + "kill timeout 10\n"
        notify = ["--notify"] if self.notifies else []
        options = [option.format(dir=directory) for option in self.options]
        return stanzas + run(BRIDGE, "--target=" + self.target, *notify, *options, "--", *words)

    def missing(self):
        if not shutil.which(self.command[0], path=PATH):
            return "needs the package " + self.package
        return programs.missing(self.config or "")  # a script's

    def prepare(self, directory):
        """Writes what it reads; the words of its command."""
        for name in self.directories:
            os.mkdir(os.path.join(directory, name))
        if self.config:
            with open(os.path.join(directory, "config"), "w") as file:
                file.write(self.config.format(dir=directory))
        return [word.format(dir=directory) for word in self.command]

    def ask(self, host):
        return exchange(self.connect(host, host.dir), self.request, self.expected)


def ask_script(_host, directory):
    """The two FIFOs of SCRIPT as if they were a connection."""
    class Connection:
        def settimeout(self, seconds):
            self.seconds = seconds

        def __enter__(self):
            self.question = open(directory + "/question", "wb", buffering=0)
            self.answer = open(directory + "/answer", "rb", buffering=0)
            return self

        def __exit__(self, *_):
            self.question.close()
            self.answer.close()

        def sendall(self, data):
            self.question.write(data)

        def recv(self, size):
            return self.answer.read(size)
    return Connection()


ON_INET = "start on socket PROTO=inet PORT=8080 ADDR=127.0.0.1\n"
ON_UNIX = "start on socket PROTO=unix PATH={dir}/socket or socket PROTO=unix SOCKET_PATH={dir}/socket\n"

# where to connect, what to ask, what the answer has in it
REDIS_CLIENT = (on_disk("{dir}/socket"), b"PING\r\n", b"+PONG\r\n")
DBUS_CLIENT = (on_disk("{dir}/socket"), DBUS_AUTH, b"OK ")
DNS_CLIENT = (on_loopback(5353, socket.SOCK_DGRAM), DNS_QUERY, DNS_ADDRESS)
MQTT_CLIENT = (on_loopback(1883), MQTT_CONNECT, MQTT_ACCEPTED)
UWSGI_CLIENT = (on_loopback(8080), UWSGI_PING, UWSGI_PONG)
HTTP_CLIENT = (on_loopback(8080), HTTP, b"hello")
HTTP_CLIENT_ON_DISK = (on_disk("{dir}/socket"), HTTP, b"hello")
SCRIPT_CLIENT = (ask_script, b"world\n", b"hello world\n")

DBUS_DAEMON = ["dbus-daemon", "--nofork", "--nopidfile", "--systemd-activation", "--config-file={dir}/config"]
GUNICORN = ["gunicorn", "--chdir", "{dir}", "wsgi:application"]
UWSGI = ["uwsgi-core", "--master", "--plugin", "ping"]

# A TERM to the whole group makes it hang at times, with --die-on-term and without the bridge as well.
KILL_UWSGI = "kill signal INT\n"

DAEMONS = {
    "redis": Daemon("redis-server", ["redis-server", "--supervised", "systemd", "--port", "0", "--unixsocket",
                                     "{dir}/socket", "--save", "", "--dir", "{dir}"], REDIS_CLIENT),
    "haproxy": Daemon("haproxy", ["haproxy", "-Ws", "-f", "{dir}/config"], HTTP_CLIENT, HAPROXY,
                      "reload signal USR2\n", directories=["empty"]),
    "unbound": Daemon("unbound", ["unbound", "-d", "-c", "{dir}/config"], DNS_CLIENT, UNBOUND),
    "mosquitto": Daemon("mosquitto", ["mosquitto", "-c", "{dir}/config"], MQTT_CLIENT, MOSQUITTO),
    "dbus-daemon": Daemon("dbus-daemon", DBUS_DAEMON, DBUS_CLIENT, DBUS.format(listen="unix:path={dir}/socket")),
    "dbus-daemon on our socket": Daemon("dbus-daemon", [*DBUS_DAEMON, "--address=systemd:"], DBUS_CLIENT,
                                        DBUS.format(listen="systemd:"), ON_UNIX),
    "dbus-daemon by listen": Daemon("dbus-daemon", [*DBUS_DAEMON, "--address=systemd:"], DBUS_CLIENT,
                                      DBUS.format(listen="systemd:"), options=["--listen={dir}/socket"]),
    "gunicorn": Daemon("gunicorn", [*GUNICORN, "--bind", "unix:{dir}/socket"], HTTP_CLIENT_ON_DISK),
    "gunicorn on our socket": Daemon("gunicorn", [*GUNICORN, "--user", "nobody"], HTTP_CLIENT, stanzas=ON_INET),
    "gunicorn by listen": Daemon("gunicorn", [*GUNICORN, "--user", "nobody"], HTTP_CLIENT,
                                   options=["--listen=127.0.0.1:8080"]),
    "uwsgi": Daemon("uwsgi-core", [*UWSGI, "--socket", "127.0.0.1:8080", "--uid", "nobody"], UWSGI_CLIENT,
                    stanzas=KILL_UWSGI),
    "lighttpd on our socket": Daemon("lighttpd", ["lighttpd", "-D", "-f", "{dir}/config"], HTTP_CLIENT, LIGHTTPD, ON_INET,
                                     notifies=False),
    "uwsgi of inetd": Daemon("uwsgi-core", UWSGI, UWSGI_CLIENT, stanzas=ON_INET + KILL_UWSGI, target="inetd",
                             notifies=False),
    "uwsgi on our socket": Daemon("uwsgi-core", UWSGI, UWSGI_CLIENT, stanzas=ON_INET + KILL_UWSGI),
    "uwsgi by listen": Daemon("uwsgi-core", UWSGI, UWSGI_CLIENT, stanzas=KILL_UWSGI, options=["--listen=8080"]),
    "script": Daemon("dash", ["sh", "{dir}/config"], SCRIPT_CLIENT, SCRIPT),
    "script of a user": Daemon("dash", ["sh", "{dir}/config"], SCRIPT_CLIENT, SCRIPT, AS_USER,
                               ["--notify-access=all"]),
}
