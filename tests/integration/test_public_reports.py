# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Bugs of this trade that somebody has reported in public, of service managers, daemons and libraries: a row each,
with what is right. "owner/name#number" is the thread on GitHub, with its title.

The host is a datagram socket, and what it gets is a column. Each row is run in the shapes that it names.
"""
import dataclasses
import os
import platform
import socket
import subprocess
import tempfile
import unittest

import namespaces
import programs
import tap

BRIDGE = os.environ["CIB"]
TIMEOUT_S = 30
ATTEND = ("-i", "datagram", "-t", "systemd", "-N")
SUPERVISE = (*ATTEND, "--supervise")
BOTH = ATTEND, SUPERVISE
STOP_ON_SYSTEMD = ("-i", "systemd", "-t", "upstart", "-N", "--job=x")

# What daemons do; each row goes on from here.
DAEMON = '''import array, os, signal, socket, sys, time
def notify(text, *fds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
        client.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
def helper(text):
    pid = os.fork()
    if pid == 0:
        notify(text)
        os._exit(0)
    os.waitpid(pid, 0)
def worker(text, user):
    """Of another user, and it stays."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setresuid(user, user, user)
        notify(text)
        os.close(theirs)
        time.sleep(60)
    os.close(theirs)
    os.read(ours, 1)
    return pid
def barrier():
    ours, theirs = os.pipe()
    notify("BARRIER=1", theirs)
    os.close(theirs)
    os.read(ours, 1)
def listening():
    return {name: value for name, value in os.environ.items() if name.startswith("LISTEN_") and name != "LISTEN_PID"}
def babysitter():
    """In a namespace where nobody else is."""
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid(), os.getppid())][0]
'''
# With the sender gone before anybody has looked, and gone for good.
LATE = '''
sitter = babysitter()
os.kill(sitter, signal.SIGSTOP)
helper("READY=1")
os.kill(sitter, signal.SIGCONT)
barrier()
'''


@dataclasses.dataclass
class Report:
    thread: str
    title: str
    daemon: str
    shapes: tuple = BOTH        # options of the bridge
    options: tuple = ()         # and more of them
    environment: dict = dataclasses.field(default_factory=dict)
    sockets: str = ""           # "3": a listener at 3; "0": at 0
    in_namespace: bool = False
    status: int = 0             # as of Popen
    got: tuple = ("READY=1",)   # by the host, in order
    printed: str = ""           # by the daemon
    said: tuple = ()            # parts of what the bridge says; nothing: it is silent


REPORTS = (
    Report("systemd/systemd#2737", "Race condition causing sd_notify messages to get dropped.", LATE,
           options=("--notify-access=all",), in_namespace=True),
    Report("systemd/systemd#27288", "Unexpected notification messages from spawned helpers",
           "helper('READY=1'); helper('STATUS=x'); barrier(); print('not yet'); notify('READY=1'); barrier()", printed="not yet\n",
           said=("a READY=1 was ignored that did not come from the daemon's main process", "use --notify-access=all")),
    Report("saltstack/salt#50851", "[BUG] 3003 cmdmod passes NOTIFY_SOCKET",
           "notify('READY=1'); barrier(); helper('STOPPING=1'); helper('MAINPID=1'); helper('ERRNO=5'); barrier()"),
    Report("unbit/uwsgi#797", "systemd notification messages from wrong PIDs",
           "pid = worker('READY=1', 65534); barrier(); os.kill(pid, 9)", options=("--notify-access=all",)),
    Report("systemd/systemd#17795", "sd_notify_barrier() breaks notify; possible denial-of-service attacks",
           "barrier(); barrier(); r, w = os.pipe(); notify('BARRIER=1', w, w, r); notify('BARRIER=1\\nSTATUS=x', w); "
           "notify('FDSTORE=1', *[r] * 200); notify('READY=1'); os.close(w); print(os.read(r, 1)); barrier()", printed="b''\n",
           said=("FDSTORE=1",)),
    Report("tmds/Tmds.Systemd#54", "Doesn't work with 'notify-reload' services",
           "notify('READY=1'); notify('RELOADING=1'); notify('READY=1'); barrier(); print('up')", printed="up\n"),
    Report("containers/conmon#311", "Support `STATUS` sd_notify",
           "notify('STATUS=begins'); notify('READY=1\\nSTATUS=runs'); notify('STATUS=still runs'); barrier()"),
    Report("faljse/SDNotify#7", "Abstract UNIX domain socket support",
           "print(os.environ['NOTIFY_SOCKET'][0]); notify('READY=1'); barrier()", options=("--notify-socket=path",),
           environment={"NOTIFY_SOCKET": "@%s"}, printed="/\n"),
    Report("finit-project/finit#440", "systemd-style readiness notification not compatible with sd_notify?",
           "print(os.environ.get('NOTIFY_SOCKET'))", shapes=(ATTEND,), environment={"NOTIFY_SOCKET": "7"}, got=(), printed="None\n",
           said=("NOTIFY_SOCKET is neither a path nor an abstract name", "--host-fd=%n")),
    Report("systemd/systemd#39524",
           "Notify unix socket path is wrong for `RootDirectory=`/`RootImage=` and `MountAPIVFS=false`",
           "print('started')", shapes=(STOP_ON_SYSTEMD,), environment={"NOTIFY_SOCKET": "/run/of/nobody"}, got=(), status=125,
           said=("NOTIFY_SOCKET=/run/of/nobody", "BindPaths=/run/of/nobody")),
    Report("systemd/systemd#11627", "systemd v240 in debian buster Type=notify SuccessExitStatus still results in failure",
           "sys.exit(5)", status=5, got=(), said=("has ended before it sent READY=1",)),
    Report("lldpd/lldpd#247", "daemon: don't use SIGSTOP when using Upstart",
           "sys.exit(5)", shapes=(STOP_ON_SYSTEMD, (*STOP_ON_SYSTEMD, "--supervise")), status=5, got=()),
    Report("rootless-containers/usernetes#150", "Proxy sd_notify() with MAINPID conversion",
           "notify('MAINPID=2\\nREADY=1'); barrier(); print('main')", shapes=(SUPERVISE,), printed="main\n",
           said=("MAINPID=2 is not followed",)),
    Report("zimbatm/socketmaster#10", "Set LISTEN_PID with sh for systemd compatibility",
           "print(listening())", shapes=(("-i", "systemd", "-t", "upstart"),), environment={"LISTEN_FDS": "1"}, sockets="3", got=(),
           printed="{}\n", said=("sockets are not passed on", "there is no LISTEN_PID", "LISTEN_PID=$$ exec")),
    Report("cri-o/cri-o#1300", "Setup LISTEN_PID to point to new child process",
           "print(listening())", shapes=(("-i", "systemd", "-t", "upstart"),),
           environment={"LISTEN_FDS": "1", "LISTEN_PID": "1"}, sockets="3", got=(), printed="{}\n",
           said=("sockets are not passed on", "LISTEN_PID=1 is another process")),
    Report("systemd/systemd#29670", "Documentat that LISTEN_PID/LISTEN_FDS are not set if StandardInput=socket is used",
           "print(listening(), os.environ['LISTEN_PID'] == str(os.getpid()), socket.socket(fileno=3).getsockopt(1, 30))",
           shapes=(("-i", "inetd", "-t", "systemd"),), sockets="0", got=(),
           printed="{'LISTEN_FDS': '1', 'LISTEN_FDNAMES': 'unknown.socket'} True 1\n"),
)


def release():
    """Of the kernel, as (6, 16)."""
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


class ReportTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        os.chmod(self.directory, 0o755)

    def open_host(self, address):
        host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(host.close)
        host.bind(address.replace("@", "\0", 1))
        host.settimeout(TIMEOUT_S)
        return host

    @staticmethod
    def receive(host, n):
        """@n messages, and all that is there besides."""
        messages = [host.recv(65536).decode() for _ in range(n)]
        host.setblocking(False)
        try:
            while True:
                messages.append(host.recv(65536).decode())
        except BlockingIOError:
            return tuple(messages)

    def open_listener(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(listener.close)
        listener.bind(tempfile.mktemp(dir=self.directory))
        listener.listen()
        return listener

    def check(self, report, shape):
        address = tempfile.mktemp(dir=self.directory)
        own = report.environment.get("NOTIFY_SOCKET", "%s")
        if "%s" in own:
            own = own % address
        host = self.open_host(own if own[0] == "@" else address)
        words = [BRIDGE, *shape, *report.options, "--", "/usr/bin/python3", "-IS", "-c", DAEMON + report.daemon]
        if report.in_namespace:
            words = ["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh", *words]
        environment = {"PATH": os.environ["PATH"], **report.environment, "NOTIFY_SOCKET": own}
        if report.sockets == "3":
            words = ["sh", "-c", 'exec "$@" 3<&0 0</dev/null', "sh", *words]
        run = subprocess.run(words, env=environment, stdin=self.open_listener() if report.sockets else subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False,
                             start_new_session=True)
        self.assertEqual((run.returncode, run.stdout), (report.status, report.printed), run.stderr)
        self.assertEqual(self.receive(host, len(report.got)), report.got)
        for part in report.said:
            self.assertIn(part, run.stderr)
        if not report.said:
            self.assertEqual(run.stderr, "")

    @unittest.skipUnless(os.getuid() == 0, "needs root: helpers of another user")
    @unittest.skipIf(namespaces.missing(), namespaces.missing())
    def test_public_reports(self):
        for report in REPORTS:
            for shape in report.shapes:
                if report.in_namespace and shape == ATTEND and release() < (6, 16):
                    continue        # nothing tells of a sender that is gone, and it is refused with a line
                with self.subTest(thread=report.thread, title=report.title, shape=shape):
                    self.check(report, shape)

    def test_host_out_of_reach(self):
        """Of a user, behind a directory of root's: known before anything is started. What is not there may come."""
        programs.need_reach(BRIDGE, 65534)
        os.chmod(self.directory, 0o700)
        address = os.path.join(self.directory, "notify")
        self.open_host(address)
        for user, status, printed, words in ((65534, 125, "", "cannot tell datagram of readiness at NOTIFY_SOCKET=" + address),
                                             (0, 0, "started\n", "")):
            run = subprocess.run([BRIDGE, *ATTEND, "--", "/usr/bin/python3", "-IS", "-c",
                                  DAEMON + "print('started', flush=True); notify('READY=1')"], user=user, group=user, extra_groups=[],
                                 cwd="/", env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": address}, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False)
            self.assertEqual((run.returncode, run.stdout), (status, printed), run.stderr)
            self.assertIn(words, run.stderr)


if __name__ == "__main__":
    tap.main()
