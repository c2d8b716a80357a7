# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The transcript of tests/demo: real daemons, both directions, first without the bridge and then with it.

Shows only what the commands print; ends with status 1 if one of them does not do what it should.
"""

import os
import shutil
import signal
import sys
import tempfile

from systemd_host import SystemdHost, wait_until
from upstart_host import UpstartHost

CIB = os.environ["CIB"]
REDIS = "/usr/bin/redis-server --port 0 --unixsocket %s --save '' --loglevel warning --supervised %s"

# A daemon that never says what systemd waits for; without the bridge that is all that happens.
PLAIN_UNIT = """[Service]
Type=notify
TimeoutStartSec=5
ExecStart=%s
"""

UNIT = """[Service]
Type=notify
ExecStart=%s -t upstart -N -- %s
"""

PLAIN_JOB = """expect stop
exec %s
"""

JOB = """expect stop
exec %s -t systemd -N -- %s
"""

# A daemon that takes its socket from systemd, and is started by its first client.
SOCKET_JOB = """start on socket PROTO=unix PATH=%(socket)s or socket PROTO=unix SOCKET_PATH=%(socket)s
exec %(bridge)s -t systemd -- /usr/bin/dbus-daemon --nofork --nopidfile --config-file=%(config)s
"""

BUS = """<busconfig>
  <listen>systemd:</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"""


def heading(text):
    print("\n" + text + "\n" + "=" * len(text))


def show_file(name, text):
    print("\n# %s" % name)
    for line in text.splitlines():
        print("    " + line)


def show_command(command, output):
    print("\n# %s" % command)
    for line in output.rstrip().splitlines():
        print("    " + line)


def expect(condition, what):
    if not condition:
        print("\nThe demo failed: " + what, file=sys.stderr)
        sys.exit(1)


def systemd_without(host):
    unit = PLAIN_UNIT % (REDIS % ("/run/plain.sock", "upstart"))
    host.unit("plain.service", unit)
    show_file("plain.service", unit)
    started = host.start("plain.service")
    expect(started.returncode != 0, "a start without the bridge succeeds")
    show_command("systemctl start plain", started.stderr)
    result = host.show("plain.service", "Result", "StatusText")
    expect(result["Result"] == "timeout", "the start without the bridge ends by %s" % result)
    show_command("systemctl show -p Result,StatusText plain", "\n".join("%s=%s" % item for item in result.items()))


def systemd_explain(host, bridge):
    words = ["systemd-run", "--pipe", "--wait", "--quiet", "-p", "NotifyAccess=main", bridge, "--explain", "-t", "upstart", "-N",
             "--job=legacy", "--", "/usr/bin/redis-server", "--supervised", "upstart"]
    explained = host.run(*words)
    expect(explained.returncode == 0, "--explain: " + explained.stdout + explained.stderr)
    show_command(" ".join(words), explained.stdout)


def systemd_with(host, bridge):
    unit = UNIT % (bridge, REDIS % ("/run/redis.sock", "upstart"))
    host.unit("legacy.service", unit)
    show_file("legacy.service", unit)
    started = host.start("legacy.service")
    expect(started.returncode == 0, "systemctl start: " + started.stderr)
    show_command("systemctl start legacy", "(exit status 0: redis is ready)")
    status = host.systemctl("status", "--lines=0", "legacy.service").stdout
    show_command("systemctl status legacy", status)
    expect("redis-server" in status and "cross-init" not in status.split("CGroup:")[1], "the bridge has not left")
    answer = host.run("redis-cli", "-s", "/run/redis.sock", "ping").stdout
    expect(answer.strip() == "PONG", "redis does not answer")
    show_command("redis-cli ping", answer)
    expect(host.stop("legacy.service").returncode == 0, "systemctl stop")
    show_command("systemctl stop legacy; journalctl _PID=1", "\n".join(
        entry["MESSAGE"] for entry in host.journal("legacy.service") if entry["_PID"] == "1"))


def on_systemd():
    heading("1. redis speaks Upstart's protocol here: it stops itself when it is ready. systemd waits for READY=1")
    with SystemdHost() as host:
        bridge = host.install(CIB)
        print("\nWithout the bridge the start hangs, here until TimeoutStartSec=:")
        systemd_without(host)
        print("\nWhat the bridge would do:")
        systemd_explain(host, bridge)
        print("\nWith the bridge in front of the command:")
        systemd_with(host, bridge)


def upstart_without(host, path):
    job = PLAIN_JOB % (REDIS % (path, "systemd"))
    host.job("plain", job)
    show_file("/etc/init/plain.conf", job)
    host.start("plain", wait=False)
    wait_until(lambda: os.path.exists(path), "redis to run")
    text = host.status("plain").text
    show_command("timeout 5 initctl start plain; initctl status plain", text)
    expect("start/spawned" in text, "without the bridge the job is " + text)
    print("\n(redis runs, and initctl start and stop hang for ever. It is killed.)")
    host.kill(host.status("plain").pid, signal.SIGKILL)
    host.wait("plain", "stop/waiting")


def upstart_with(host, path):
    job = JOB % (CIB, REDIS % (path, "systemd"))
    host.job("modern", job)
    show_file("/etc/init/modern.conf", job)
    started = host.start("modern")
    expect(started.rc == 0, "initctl start: " + started.output)
    show_command("initctl start modern", started.output)
    show_command("ps", "\n".join("%6d %s" % (process.inner, process.comm)
                                 for process in host.processes() if process.inner != 1))
    answer = host.run(["/usr/bin/redis-cli", "-s", path, "ping"]).stdout
    expect(answer.strip() == "PONG", "redis does not answer")
    show_command("redis-cli ping", answer)
    stopped = host.stop("modern")
    expect(stopped.rc == 0, "initctl stop: " + stopped.output)
    show_command("initctl stop modern", stopped.output)


def upstart_sockets(host, directory):
    path, config = os.path.join(directory, "bus.sock"), os.path.join(directory, "bus.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(BUS)
    job = SOCKET_JOB % {"socket": path, "bridge": CIB, "config": config}
    host.job("bus", job)
    show_file("/etc/init/bus.conf", job)
    show_command("initctl status bus", host.status("bus").text)
    words = ["dbus-send", "--bus=unix:path=" + path, "--print-reply", "--dest=org.freedesktop.DBus", "/",
             "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.DBus"]
    answer = host.run(words).stdout
    expect("boolean true" in answer, "the bus does not answer: " + answer)
    show_command(" ".join(words), answer)
    host.wait("bus", "start/running")
    show_command("initctl status bus", host.status("bus").text)
    expect(host.stop("bus").rc == 0, "initctl stop bus")


def on_upstart():
    heading("2. redis speaks systemd's protocol here: it sends READY=1. Upstart waits for a stop")
    print("\n(A stand-in for Upstart: no current Debian has the real one.)")
    directory = tempfile.mkdtemp()
    os.chmod(directory, 0o755)
    try:
        with UpstartHost() as host:
            print("\nWithout the bridge the start hangs:")
            upstart_without(host, os.path.join(directory, "plain.sock"))
            print("\nWith the bridge in front of the command:")
            upstart_with(host, os.path.join(directory, "redis.sock"))
            print("\nSockets, too: a dbus-daemon that takes its socket as systemd gives it, started by its first client:")
            upstart_sockets(host, directory)
            files, processes = host.leftovers()
            expect(not files and not processes, "something was left behind: %s %s" % (files, processes))
            show_command("ls /run/cross-init-bridge*; ps", "(nothing is left)")
    finally:
        shutil.rmtree(directory)


on_systemd()
on_upstart()
print("\nBoth directions work.")
