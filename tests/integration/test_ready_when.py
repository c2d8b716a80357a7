# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--ready-when: the host hears that a daemon is ready that says so in no way.

Under the real systemd with Type=notify and under the stand-in for Upstart with `expect stop`, for
each kind of condition, with real daemons of Type=dbus among them. Separate from the tests of -N,
whose daemons speak; and from test_wait_for.py, which is over before there is a daemon.
"""
import fcntl
import os
import shlex
import signal

import tap
import upstart_case
from systemd_case import BRIDGE, DAEMON, OUT, SystemdTestCase, bridge
from systemd_host import wait_until

PYTHON = "/usr/bin/python3"
HOSTNAMED = "/lib/systemd/systemd-hostnamed"
LOCALED = "/lib/systemd/systemd-localed"
AVAHI = "/usr/sbin/avahi-daemon"
NAMES = {HOSTNAMED: "org.freedesktop.hostname1", LOCALED: "org.freedesktop.locale1"}

# A daemon that waits for a file, and then does what its readiness shows by.
LATE = """
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
gate, kind, where = sys.argv[1:4]
child = kind.startswith("child-") and os.fork()
if child:
    signal.pause()
while not os.path.exists(gate):
    time.sleep(0.005)
kind = kind.replace("child-", "")
if kind == "unix":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(where.replace("@", "\\0"))
    listener.listen()
elif kind == "tcp":
    listener = socket.socket()
    listener.bind(("127.0.0.1", int(where)))
    listener.listen()
elif kind == "pidfile":
    with open(where, "w") as file:
        print(os.getpid(), file=file)
elif kind == "path":
    open(where, "w").close()
open(gate + "-passed", "w").close()
signal.pause()
"""

# A row: the condition, and how LATE fulfils it.
ROWS = {
    "path": ("path:{dir}/ready", "path", "{dir}/ready"),
    "unix": ("unix:{dir}/s", "unix", "{dir}/s"),
    "abstract": ("unix:@ready-when", "unix", "@ready-when"),
    "tcp": ("tcp:127.0.0.1:5001", "tcp", "5001"),
    "tcp of a child": ("tcp:localhost:5001", "child-tcp", "5001"),
    "pidfile": ("pidfile:{dir}/pid", "pidfile", "{dir}/pid"),
    "pidfile of a child": ("pidfile:{dir}/pid", "child-pidfile", "{dir}/pid"),
}


def row(name, directory):
    """The condition, and the words of LATE in DIRECTORY, who fulfils it once there is DIRECTORY/gate."""
    condition, kind, where = (word.format(dir=directory) for word in ROWS[name])
    return condition, [PYTHON, directory + "/late", directory + "/gate", kind, where]


class HeldUp:
    """A file that is not a program, and whose execve(2) waits until it is let go (fcntl(2), F_SETLEASE)."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        with open(self.path, "w") as file:
            file.write("no program\n")
        os.chmod(self.path, 0o755)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
        self.fd = os.open(self.path, os.O_RDONLY)
        fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        return self

    def __exit__(self, *_exception):
        self.let_go()
        signal.sigtimedwait([signal.SIGIO], 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO])

    def wait_for_exec(self):
        if not signal.sigtimedwait([signal.SIGIO], upstart_case.DEADLINE):
            raise AssertionError("nobody executes " + self.path)

    def let_go(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class Systemd(SystemdTestCase):
    def service(self, options, command, **directives):
        self.host.service("x", BRIDGE, *options, "--", *command, **{"Type": "notify", **directives})
        self.host.start("x.service", "--no-block")

    def wait_waiting(self, condition):
        self.host.wait_for("x.service", StatusText="Waiting for " + condition, ActiveState="activating")

    def assert_handed_over(self, program):
        """Ready, and nothing is left but the daemon, which systemd tracks and has as its child."""
        self.host.wait_for("x.service", ActiveState="active", StatusText="")
        wait_until(lambda: all(p.name not in ("cross-init-brid", "bus-query")
                               for p in self.host.processes("x.service")), "the bridge to leave")
        main = self.main_process("x.service")
        self.assertIn(os.path.basename(program)[:15], main.name)
        self.assertNotIn(main.state, "Tt")
        with open("/proc/%d/status" % main.pid) as file:
            parent = next(line.split()[1] for line in file if line.startswith("PPid:"))
        self.assertEqual(int(parent), self.host.init)

    def test_each_condition(self):
        for target in ("systemd", "upstart"):
            for name in ROWS:
                with self.row(target=target, condition=name):
                    self.host.write(OUT + "/late", LATE)
                    condition, command = row(name, OUT)
                    self.service(["--target=" + target, "--ready-when=" + condition], command)
                    self.wait_waiting(condition)
                    self.host.write(OUT + "/gate", "")
                    self.assert_handed_over(PYTHON)
                    self.host.stop("x.service")
                    self.assertEqual(self.host.show("x.service", "Result"), {"Result": "success"})
                    self.assertEqual(self.bridge_lines(), [])

    def test_with_a_parent_that_stays(self):
        self.host.write(OUT + "/late", LATE)
        condition, command = row("tcp of a child", OUT)
        self.service(["--target=systemd", "--supervise", "--ready-when=" + condition], command)
        self.wait_waiting(condition)
        self.host.write(OUT + "/gate", "")
        self.host.wait_for("x.service", ActiveState="active", StatusText="")
        self.assertEqual(self.main_process("x.service").name, "cross-init-brid")
        self.assertFalse([p for p in self.host.processes("x.service") if p.state in "TtZ"])
        self.host.stop("x.service")
        self.assertEqual(self.host.processes("x.service"), [])

    def test_a_real_daemon_of_type_dbus(self):
        for program, name in NAMES.items():
            with self.row(program=program):
                self.service(["--target=systemd", "--ready-when=dbus:" + name], [program])
                self.assert_handed_over(program)
                owner = self.host.run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                      "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", name)
                self.assertEqual(owner.stdout.split(), ["u", str(self.host.main_pid("x.service"))])

    def test_avahi(self):
        if not os.path.exists(AVAHI):
            self.skipTest("needs the package avahi-daemon")
        self.service(["--target=systemd", "--ready-when=dbus:org.freedesktop.Avahi"],
                     [AVAHI, "--no-drop-root", "--no-rlimits"])
        self.assert_handed_over(AVAHI)

    def test_what_another_process_does_is_not_the_daemons(self):
        for name in ("unix", "abstract", "tcp", "pidfile"):
            with self.row(condition=name):
                self.host.write(OUT + "/late", LATE)
                condition, command = row(name, OUT)
                self.host.service("other", *command, Type="exec")
                self.assert_started("other.service")
                self.host.write(OUT + "/gate", "")
                self.host.wait_file(OUT + "/gate-passed")
                self.service(["--target=systemd", "--ready-when=" + condition], [DAEMON, "pause"],
                             TimeoutStartSec="2s")
                self.host.wait_for("x.service", ActiveState="failed")
                line, = self.bridge_lines()
                self.assertIn("told to end before %s held" % condition, line)
                self.assertIn("not the daemon's", line)
        with self.row("dbus"):
            self.host.service("other", HOSTNAMED, Type="dbus", BusName=NAMES[HOSTNAMED])
            self.assert_started("other.service")
            self.service(["--target=systemd", "--ready-when=dbus:" + NAMES[HOSTNAMED]], [DAEMON, "pause"],
                         TimeoutStartSec="2s")
            self.host.wait_for("x.service", ActiveState="failed")
            line, = self.bridge_lines()
            self.assertIn("a process that is not the daemon's owns that name", line)

    def test_what_the_daemon_says_does_not_count(self):
        """A stop, and there is no socket to say READY=1 to."""
        for target, actions in (("systemd", []), ("upstart", ["stop"]), ("upstart", ["stop", "stop"])):
            with self.row(target=target, actions=actions):
                self.service(["--target=" + target, "--job=x", "--ready-when=path:%s/ready" % OUT],
                             [DAEMON, *actions, "report=%s/report" % OUT, "pause"])
                report = self.report()
                self.assertNotIn("NOTIFY_SOCKET", report.env)
                self.wait_waiting("path:%s/ready" % OUT)
                self.host.write(OUT + "/ready", "")
                self.host.wait_for("x.service", ActiveState="active")
                self.assert_only_daemon("x.service")

    def test_sockets_and_the_executed_pid_are_the_daemons(self):
        self.host.socket("x", ListenStream="127.0.0.1:5001")
        self.host.service("x", *bridge("--target=systemd", "--ready-when=path:%s/report" % OUT,
                                       "report=%s/report" % OUT, "pause"), Type="notify", WatchdogSec="60")
        self.assert_started("x.socket")
        self.assert_started("x.service")
        daemon = self.assert_only_daemon("x.service")
        env = self.report().env
        for name in ["LISTEN_PID"] + ["SYSTEMD_EXEC_PID"] * (self.host.version() >= 248):
            self.assertEqual(env[name], str(daemon.inner_pid))
        self.assertEqual(env["LISTEN_FDS"], "1")
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PIDFDID"):
            self.assertNotIn(name, env)
        self.assertEqual(self.host.show("x.service", "WatchdogUSec"), {"WatchdogUSec": "0"})
        self.assertIn("WatchdogSec= in the unit is switched off", self.bridge_lines()[0])

    def test_a_daemon_that_ends_before(self):
        for action, result in (("exit=3", {"Result": "exit-code", "ExecMainStatus": "3"}),
                               ("exit=0", {"Result": "protocol", "ExecMainStatus": "0"}),
                               ("kill=segv", {"Result": "core-dump", "ExecMainStatus": "11"})):
            with self.row(action=action):
                self.service(["--target=systemd", "--ready-when=dbus:org.example.Nobody"], [DAEMON, action])
                self.host.wait_for("x.service", ActiveState="failed")
                found = self.host.show("x.service", *result)
                if found["Result"] == "signal":
                    found["Result"] = "core-dump"
                self.assertEqual(found, result)

    def test_a_stop_before_reaches_the_daemon(self):
        """Whose end is that of the service; and one message, not two."""
        for options in ([], ["--supervise"]):
            for status, result in ((0, "success"), (7, "exit-code")):
                with self.row(options=options, status=status):
                    self.service(["--target=systemd", *options, "--ready-when=dbus:org.example.Nobody"],
                                 [DAEMON, "on-term=exit:%d" % status, "touch=%s/running" % OUT, "pause"])
                    self.host.wait_file(OUT + "/running")
                    self.wait_waiting("dbus:org.example.Nobody")
                    self.host.stop("x.service")
                    wait_until(lambda: not self.host.processes("x.service"), "an end of all")
                    wanted = {"Result": result, "ExecMainStatus": str(status)}
                    self.assertEqual(self.host.show("x.service", *wanted), wanted)
                    line, = self.bridge_lines()
                    self.assertIn("told to end before dbus:org.example.Nobody held (--ready-when): nobody owns", line)

    def test_a_condition_that_holds_already_waits_for_the_daemons_exec(self):
        """What cannot be executed has not been ready."""
        with HeldUp(self.host.path(OUT + "/daemon")) as daemon:
            self.service(["--target=systemd", "--ready-when=path:/"], [OUT + "/daemon"])
            daemon.wait_for_exec()
            self.wait_waiting("path:/")
            wait_until(lambda: self.main_process("x.service").state == "S", "sleep")
            daemon.let_go()
            self.host.wait_for("x.service", ActiveState="failed")
        self.assertEqual(self.host.show("x.service", "ExecMainStatus"), {"ExecMainStatus": "126"})
        self.assertFalse([text for pid, _, text in self.messages() if pid == "1" and text.startswith("Started")])

    def test_without_notify_socket_it_is_refused(self):
        self.host.service("x", *bridge("--target=systemd", "--ready-when=path:/x", "pause"), Type="exec")
        self.assert_refused("x.service", "--ready-when, but systemd gave no NOTIFY_SOCKET", "Type=notify")

    def test_without_bus_query_nothing_is_started(self):
        hidden = self.host.path("/srv/bin/bus-query")
        os.rename(hidden, hidden + ".hidden")
        self.addCleanup(os.rename, hidden + ".hidden", hidden)
        self.host.service("x", *bridge("--target=systemd", "--ready-when=dbus:a.b", "touch=%s/x" % OUT),
                          Type="notify")
        self.assert_refused("x.service", "cannot watch dbus:a.b: bus-query is not installed")
        self.assertFalse(self.host.exists(OUT + "/x"))


class Upstart(upstart_case.UpstartTestCase):
    def job(self, host, options, command, stanzas="expect stop\n"):
        host.job("job", stanzas + "exec " + shlex.join([upstart_case.BRIDGE, *options, "--", *command]) + "\n")

    def row(self, host, name):
        with open(os.path.join(host.dir, "late"), "w") as file:
            file.write(LATE)
        return row(name, host.dir)

    def assert_ready(self, host, program):
        """The daemon runs in the tracked process, was stopped once, and nothing of ours stays."""
        host.wait("job", "start/running")
        pid = self.assert_running(host)
        self.assertIn(os.path.basename(program)[:15], upstart_case.read_stat(host.outer_pid(pid)).comm)
        host.wait_end_of_babysitters()
        self.assertEqual(len([line for line in host.log() if line.endswith("stopped by STOP signal")]), 1)
        return pid

    def test_each_condition(self):
        for target in ("systemd", "upstart"):
            for name in ROWS:
                with self.subTest(target=target, condition=name), upstart_case.Host() as host:
                    condition, command = self.row(host, name)
                    self.job(host, ["--target=" + target, "--ready-when=" + condition], command)
                    host.start("job", wait=False)
                    upstart_case.wait_until(host.babysitters, "the babysitter")
                    self.assert_state(host, "job", "start", "spawned")
                    host.gate().open()
                    self.assert_ready(host, PYTHON)
                    self.assertEqual(host.bridge_lines("job"), [])
                    host.stop("job")
                    self.assert_nothing_left(host)

    def test_real_daemons_of_type_dbus(self):
        for program, name in NAMES.items():
            with self.subTest(program), upstart_case.Host(system_bus=True) as host:
                self.job(host, ["--target=systemd", "--ready-when=dbus:" + name], [program])
                self.assertEqual(host.start("job").rc, 0)
                self.assert_ready(host, program)
                host.stop("job")
                self.assert_nothing_left(host)

    def test_avahi(self):
        if not os.path.exists(AVAHI):
            self.skipTest("needs the package avahi-daemon")
        with upstart_case.Host(system_bus=True) as host:
            self.job(host, ["--target=systemd", "--ready-when=dbus:org.freedesktop.Avahi"],
                     [AVAHI, "--no-drop-root", "--no-rlimits"])
            self.assertEqual(host.start("job").rc, 0)
            self.assert_ready(host, AVAHI)
            host.stop("job")
            self.assert_nothing_left(host)

    def test_a_bus_that_is_restarted_meanwhile(self):
        with upstart_case.Host(system_bus=True) as host:
            gate = host.gate()
            script = "while ! [ -e %s ]; do read -t 0.01 x < /dev/zero; done; exec %s" % (gate, HOSTNAMED)
            self.job(host, ["--target=systemd", "--ready-when=dbus:" + NAMES[HOSTNAMED]],
                     ["/bin/bash", "-c", script])
            host.start("job", wait=False)
            upstart_case.wait_until(
                lambda: any(p.comm == "bus-query" for p in host.processes()), "bus-query")
            host.stop_bus()
            os.unlink(host.path("/run/dbus/system_bus_socket"))
            host.start_bus()
            gate.open()
            self.assert_ready(host, HOSTNAMED)
            host.stop("job")
            self.assert_nothing_left(host)

    def test_a_condition_that_holds_already_waits_for_the_daemons_exec(self):
        """A lease holds up the execve(2) of a file that cannot be executed: it has never been ready."""
        with upstart_case.Host() as host, HeldUp(os.path.join(host.dir, "daemon")) as daemon:
            self.job(host, ["--target=systemd", "--ready-when=path:/"], [daemon.path])
            host.start("job", wait=False)
            daemon.wait_for_exec()
            sitter = upstart_case.wait_until(host.babysitters, "the babysitter")[-1]
            upstart_case.wait_until(lambda: upstart_case.read_stat(sitter.pid).state == "S", "sleep")
            daemon.let_go()
            host.wait_log("terminated with status 126")
            self.assertFalse([line for line in host.log() if line.endswith("stopped by STOP signal")])
            host.wait_end_of_babysitters()
            self.assert_nothing_left(host)

    def test_the_time_is_limited(self):
        with upstart_case.Host() as host:
            self.job(host, ["--target=systemd", "--start-timeout=1", "--ready-when=path:/nonexistent"],
                     [upstart_case.DAEMON, "pause"])
            self.assertEqual(host.start("job").rc, 1)       # what waits for the start is told
            host.wait("job", "stop/waiting")
            line, = host.bridge_lines("job")
            self.assertIn("path:/nonexistent did not hold within 1 s (--ready-when, --start-timeout): "
                          "there is no such file", line)
            self.assert_nothing_left(host)

    def test_a_bus_that_hangs_for_good(self):
        with upstart_case.Host(system_bus=True) as host:
            os.kill(host.bus_pid, signal.SIGSTOP)
            self.job(host, ["--target=systemd", "--start-timeout=1", "--ready-when=dbus:org.example.Nobody"],
                     [upstart_case.DAEMON, "pause"])
            host.start("job", wait=False)
            host.wait("job", "stop/waiting")
            for pid in host.bus_pid, host.bus.pid:      # who has started it stops with it
                os.kill(pid, signal.SIGCONT)
            line, = host.bridge_lines("job")
            self.assertIn("did not hold within 1 s (--ready-when, --start-timeout): the bus has not answered", line)
            self.assert_nothing_left(host)

    def test_what_another_process_does_is_not_the_daemons(self):
        with upstart_case.Host() as host:
            condition, command = self.row(host, "unix")
            host.job("other", upstart_case.run(*command))
            host.start("other")
            host.gate().open()
            upstart_case.wait_until(lambda: os.path.exists(host.dir + "/gate-passed"), "the other's socket")
            self.job(host, ["--target=systemd", "--start-timeout=1", "--ready-when=" + condition],
                     [upstart_case.DAEMON, "pause"])
            host.start("job", wait=False)
            host.wait("job", "stop/waiting")
            line, = host.bridge_lines("job")
            self.assertIn("a process that is not the daemon's listens there", line)
            host.stop("other")
            self.assert_nothing_left(host)

    def test_a_daemon_that_ends_before(self):
        with upstart_case.Host(system_bus=True) as host:
            self.job(host, ["--target=systemd", "--ready-when=dbus:org.example.Nobody"],
                     [upstart_case.DAEMON, "exit=3"])
            mark = len(host.log())
            host.start("job", wait=False)
            host.wait_log("terminated with status 3", mark)
            host.wait_end_of_babysitters()
            self.assert_nothing_left(host)
            self.assertIn("has ended before dbus:org.example.Nobody held",
                          host.syslog("has ended before")[0])

    def test_with_a_parent_that_stays(self):
        with upstart_case.Host() as host:
            condition, command = self.row(host, "tcp of a child")
            self.job(host, ["--target=systemd", "--supervise", "--ready-when=" + condition], command)
            host.start("job", wait=False)
            upstart_case.wait_until(host.babysitters, "the babysitter")
            host.gate().open()
            host.wait("job", "start/running")
            host.stop("job")
            self.assert_nothing_left(host)


if __name__ == "__main__":
    tap.main()
