# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--notify-access=all is for the daemon's processes: under Upstart, runit and in a container another user's process in
the same cgroup and session is a stranger, whose READY=1 counts for nothing. Under systemd the unit's cgroup tells.
"""
import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import unittest

import namespaces
import tap
from upstart_case import BRIDGE, Host, UpstartTestCase, run

TIMEOUT_S = 10
USER = 12345
REFUSED = "nor known to be one of its processes"
OPTIONS = ("-t", "systemd", "-N", "--notify-access=all")

SPEAK = """import array, os, socket, sys
def speak(address, text, *fds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(address.replace("@", "\\0", 1))
        client.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
"""
# Tells its address on a FIFO. The other is for: "see" that all that was sent has been read; "go", and be ready.
DAEMON = SPEAK + """
address = os.environ["NOTIFY_SOCKET"]
def tell(text):
    with open(sys.argv[1], "w") as fifo:
        fifo.write(text)
tell(address)
for word in open(sys.argv[2]):
    if word.strip() == "go":
        speak(address, b"READY=1")
    if word.strip() == "end":
        break
    ours, theirs = os.pipe()
    speak(address, b"BARRIER=1", theirs)
    os.close(theirs)
    os.read(ours, 1)
    tell("seen")
"""
STRANGER = SPEAK + """
os.setgroups([])
os.setresgid(%d, %d, %d)
os.setresuid(%d, %d, %d)
speak(sys.argv[1], b"READY=1")
print(os.getsid(0))
""" % (USER, USER, USER, USER, USER, USER)
# A supervisor by its name; whoever it starts shares its session.
RUNSV = """import ctypes, subprocess, sys
ctypes.CDLL(None).prctl(15, b"runsv")
daemon = subprocess.Popen(sys.argv[1:])
address = sys.stdin.readline().strip()
print(subprocess.run(["/usr/bin/python3", "-IS", "-c", %r, address], stdout=subprocess.PIPE, text=True).stdout, end="", flush=True)
sys.exit(daemon.wait())
""" % STRANGER
PYTHON = ("/usr/bin/python3", "-IS", "-c")


class Talk:
    """With a daemon, over two FIFOs."""

    def __init__(self, directory):
        paths = [os.path.join(directory, name) for name in ("told", "word")]
        script = os.path.join(directory, "daemon.py")
        with open(script, "w", encoding="ascii") as file:
            file.write(DAEMON)
        for path in paths:
            os.mkfifo(path)
        self.told, self.word = (os.open(path, os.O_RDWR) for path in paths)
        self.words = ["/usr/bin/python3", "-IS", script, *paths]

    def close(self):
        os.close(self.told)
        os.close(self.word)

    def hear(self):
        if not select.select([self.told], [], [], TIMEOUT_S)[0]:
            raise AssertionError("the daemon says nothing")
        return os.read(self.told, 4096).decode()

    def say(self, word):
        os.write(self.word, word.encode() + b"\n")


@unittest.skipIf(namespaces.missing(), namespaces.missing())
class StrangerTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        os.chmod(self.directory, 0o755)
        self.talk = Talk(self.directory)
        self.addCleanup(self.talk.close)

    def assert_told(self, said):
        """And not to use what is used."""
        self.assertIn(REFUSED, said)
        self.assertNotIn("use --notify-access", said)

    def start(self, words, environment):
        process = subprocess.Popen([*words, *self.talk.words], env={"PATH": os.environ["PATH"], **environment},
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_runit(self):
        """One session, which neither of them leads, and no cgroup of its own."""
        ready = os.path.join(self.directory, "ready")
        process = self.start([sys.executable, "-c", RUNSV, BRIDGE, *OPTIONS, "--ready-file=" + ready, "--"], {})
        address = self.talk.hear()
        process.stdin.write(address + "\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "%d\n" % os.getsid(process.pid))
        self.talk.say("see")
        self.assertEqual(self.talk.hear(), "seen")
        self.assertFalse(os.path.exists(ready))
        self.talk.say("go")
        self.assertEqual(self.talk.hear(), "seen")
        self.assertTrue(os.path.exists(ready))
        self.talk.say("end")
        self.assert_told(process.stderr.read())
        self.assertEqual(process.wait(TIMEOUT_S), 0)

    def test_container(self):
        """Beside process 1, as "docker exec" puts it there."""
        host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(host.close)
        host.bind(os.path.join(self.directory, "notify"))
        host.settimeout(TIMEOUT_S)
        process = self.start(["unshare", "--pid", "--fork", "--mount-proc", BRIDGE, *OPTIONS, "--"],
                             {"NOTIFY_SOCKET": host.getsockname()})
        address = self.talk.hear()
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid), encoding="ascii") as file:
            first = file.read().split()[0]
        subprocess.run(["nsenter", "--target", first, "--pid", "--mount", *PYTHON, STRANGER, address], check=True,
                       stdout=subprocess.DEVNULL)
        self.talk.say("see")
        self.assertEqual(self.talk.hear(), "seen")
        host.setblocking(False)
        with self.assertRaises(BlockingIOError):
            host.recv(4096)
        host.settimeout(TIMEOUT_S)
        self.talk.say("go")
        self.assertEqual(self.talk.hear(), "seen")
        self.assertEqual(host.recv(4096), b"READY=1")
        self.talk.say("end")
        self.assertEqual(process.wait(TIMEOUT_S), 0)
        self.assert_told(process.stderr.read())


class UpstartStrangerTest(UpstartTestCase):
    def test_upstart(self):
        """One cgroup for all jobs."""
        with contextlib.ExitStack() as stack:
            host = stack.enter_context(Host())
            talk = Talk(host.dir)
            stack.callback(talk.close)
            host.job("job", "expect stop\n" + run(BRIDGE, *OPTIONS, "--", *talk.words))
            host.start("job", wait=False)
            address = talk.hear()
            said = host.run([*PYTHON, STRANGER, address])
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            talk.say("see")
            self.assertEqual(talk.hear(), "seen")
            self.assert_state(host, "job", "start", "spawned")
            self.assertEqual(len(host.wait_output("job", REFUSED)), 1)
            talk.say("go")
            host.wait("job", "start/running")
            self.assertEqual(talk.hear(), "seen")
            host.stop("job")


if __name__ == "__main__":
    tap.main()
