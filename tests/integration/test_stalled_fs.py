# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--wait-for and --ready-when with paths on a file system that does not answer: every timeout holds.

As on a dead NFS server: a FUSE mount whose server, which is this test, answers nothing. Separate from the
tests of the conditions because it needs that mount, in a mount namespace of its own.
"""
import ctypes
import os
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import tap
import upstart_case

CLONE_NEWNS, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 1 << 18, 2
FUSE_INIT = 26
KINDS = "path", "pidfile", "device"
SAID = "its file system does not answer"

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *args):
    if function(*args) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class StalledFs:
    """A directory in which nobody gets an answer; as deaf, even a killed process waits for one."""

    def __init__(self, deaf):
        self.deaf = deaf
        self.directory = tempfile.mkdtemp()
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % self.fd
        call(libc.mount, b"stalled", self.directory.encode(), b"fuse", 0, options.encode())
        if deaf:
            self.answer_init()

    def answer_init(self):
        request = os.read(self.fd, 1 << 16)
        _, opcode, unique = struct.unpack_from("=IIQ", request)
        if opcode != FUSE_INIT:
            raise AssertionError("the first request is %d" % opcode)
        body = struct.pack("=IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 4096, 1, 1, 0, 0)
        os.write(self.fd, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)

    def path(self):
        return os.path.join(self.directory, "x")

    def take_request(self):
        """What the kernel has handed over, nothing but an answer or our end takes back."""
        os.read(self.fd, 1 << 16)

    def end(self):
        """Everybody who waits is told that there is no server."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.end()
        call(libc.umount2, self.directory.encode(), MNT_DETACH)
        os.rmdir(self.directory)


class StalledFsTest(upstart_case.UpstartTestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise unittest.SkipTest("needs root, and FUSE")
        try:
            call(libc.unshare, CLONE_NEWNS)
            call(libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
            with StalledFs(deaf=False):
                pass
        except OSError as error:
            raise unittest.SkipTest("no file system of our own: %s" % error)

    def each(self, check):
        for deaf in False, True:
            for kind in KINDS:
                with self.subTest(kind=kind, deaf=deaf), StalledFs(deaf) as fs:
                    check("%s:%s" % (kind, fs.path()), fs)

    def start_waiting(self, fs, *options):
        words = [upstart_case.BRIDGE, "--target=systemd", "--init=none", *options, "--", "/bin/true"]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        if fs.deaf:
            fs.take_request()
        return process

    def test_wait_for(self):
        def check(condition, fs):
            begin = time.monotonic()
            with self.start_waiting(fs, "--wait-timeout=1", "--wait-for=" + condition) as process:
                _, said = process.communicate(timeout=10)
            self.assertEqual(process.returncode, 125)
            self.assertLess(time.monotonic() - begin, 5)
            self.assertIn("--wait-for: %s did not hold within 1 s: %s" % (condition, SAID), said)
        self.each(check)

    def test_wait_for_is_ended_by_a_signal(self):
        def check(condition, fs):
            with self.start_waiting(fs, "--verbose", "--wait-for=" + condition) as process:
                while SAID not in process.stderr.readline():
                    self.assertIsNone(process.poll())
                process.terminate()
                self.assertEqual(process.wait(timeout=10), -signal.SIGTERM)
        self.each(check)

    def test_ready_when(self):
        """The start's own timeout ends the daemon, and nothing of ours stays but who waits for the server."""
        def check(condition, fs):
            with upstart_case.Host() as host:
                host.job("job", "expect stop\n" + upstart_case.run(*upstart_case.bridge(
                    "--start-timeout=1", "--ready-when=" + condition, "pause")))
                host.start("job", wait=False)
                if fs.deaf:
                    fs.take_request()
                host.wait("job", "stop/waiting")
                said = host.job_output("job") + "\n".join(host.syslog())
                self.assertIn(condition, said)
                self.assertIn(SAID, said)
                fs.end()
                self.assert_nothing_left(host)
        self.each(check)


if __name__ == "__main__":
    tap.main()
