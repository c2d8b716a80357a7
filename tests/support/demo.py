# SPDX-License-Identifier: GPL-3.0-or-later
"""The transcript of tests/demo: one real daemon, both directions, and what each manager thinks of it.

Shows only what the commands print; ends with status 1 if one of them does not do what it should.
"""

import os
import shutil
import sys
import tempfile

from systemd_host import SystemdHost
from upstart_host import UpstartHost

CIB = os.environ["CIB"]
REDIS = "/usr/bin/redis-server --port 0 --unixsocket %s --save '' --loglevel warning --supervised %s"

UNIT = """[Service]
Type=notify
ExecStart=%s -t upstart -N -- """ + REDIS + "\n"

JOB = """expect stop
exec %s -t systemd -N -- """ + REDIS + "\n"


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


def on_systemd():
    heading("1. redis speaks Upstart's protocol here (it stops itself when ready); systemd runs it")
    with SystemdHost() as host:
        unit = UNIT % (host.install(CIB), "/run/redis.sock", "upstart")
        host.unit("legacy.service", unit)
        show_file("legacy.service", unit)

        started = host.start("legacy.service")
        expect(started.returncode == 0, "systemctl start: " + started.stderr)
        show_command("systemctl start legacy", "(exit status 0: redis is ready)")
        status = host.systemctl("status", "--lines=0", "legacy.service").stdout
        show_command("systemctl status legacy", status)
        expect("redis-server" in status and "cross-init" not in status.split("CGroup:")[1],
               "the bridge has not left")
        answer = host.run("redis-cli", "-s", "/run/redis.sock", "ping").stdout
        expect(answer.strip() == "PONG", "redis does not answer")
        show_command("redis-cli ping", answer)
        expect(host.stop("legacy.service").returncode == 0, "systemctl stop")
        show_command("systemctl stop legacy; journalctl _PID=1", "\n".join(
            entry["MESSAGE"] for entry in host.journal("legacy.service") if entry["_PID"] == "1"))


def on_upstart():
    heading("2. redis speaks systemd's protocol here (READY=1); Upstart runs it")
    print("\n(A stand-in for Upstart: no current Debian has the real one.)")
    directory = tempfile.mkdtemp()
    path = os.path.join(directory, "redis.sock")
    try:
        with UpstartHost() as host:
            job = JOB % (CIB, path, "systemd")
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
            files, processes = host.leftovers()
            expect(not files and not processes, "something was left behind")
            show_command("ls /run/cross-init-bridge*; ps", "(nothing is left)")
    finally:
        shutil.rmtree(directory)


on_systemd()
on_upstart()
print("\nBoth directions work.")
