# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Descriptors that somebody else has open where something of the daemon's goes: what is known to be needed there
is moved, or nothing is started; anything else is lost in one line that names it.
"""
import fcntl
import os
import subprocess
import tempfile
import unittest

import tap

BRIDGE = os.environ["CIB"]
# Says that it is ready, in the way given; then waits for its parent's word.
DAEMON = """import os, socket, sys
print({fd: os.readlink("/proc/self/fd/%d" % fd).partition(":")[0] for fd in map(int, os.listdir("/proc/self/fd"))
       if 2 < fd < 10 and os.path.exists("/proc/self/fd/%d" % fd)}, flush=True)
if sys.argv[1] == "notify":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
if sys.argv[1].isdigit():
    os.write(int(sys.argv[1]), b"\\n")
sys.stdin.read()
"""
A, B = ("--listen=@in-the-way-%d-%s" % (os.getpid(), name) for name in "ab")
PIPE, FILE, SOCKET = "pipe", "/etc/passwd", "socket"
# options, what is open, how the daemon is ready, what it has, what is said, which of the pipes gets the newline
ROWS = (
    # Its number is chosen by the administrator: so it gives way, and the line says what.
    (("--host-fd=4", "-t", "s6", "-N", "--daemon-fd=5"), {4: PIPE, 5: FILE}, "5", {5: PIPE}, "5 (/etc/passwd)", 4),
    (("--host-fd=4", "-t", "s6", "-N"), {3: FILE, 4: PIPE}, "3", {3: PIPE}, "3 (/etc/passwd)", 4),
    (("--host-fd=4", "-t", "s6", "-N"), {3: PIPE, 4: PIPE}, "3", {3: PIPE}, "3 (pipe:", 4),
    (("-i", "datagram", "--ready-file=READY", "-t", "s6", "-N", "--daemon-fd=7:FD"), {3: FILE, 7: FILE}, "7",
     {3: FILE, 7: PIPE}, "7 (/etc/passwd)", None),
    (("-i", "runit", "--ready-file=READY", "-t", "s6", "-N", "--daemon-fd=7"), {3: FILE}, "7", {3: FILE, 7: PIPE}, "", None),
    (("--host-fd=3", "-t", "s6", "-N"), {3: PIPE, 4: FILE}, "3", {3: PIPE, 4: FILE}, "", 3),
    (("-i", "s6", "-t", "s6", "-N", "--daemon-fd=5"), {4: FILE}, "5", {4: FILE, 5: PIPE}, "nobody hears", None),
    (("--host-fd=3", "-t", "s6", "-N", "--daemon-fd=6"), {3: PIPE, 4: FILE}, "6", {4: FILE, 6: PIPE}, "", 3),
    (("-i", "s6", "-t", "s6", "-N", "--daemon-fd=5"), {5: FILE}, "5", {5: PIPE}, ("nobody hears", "5 (/etc/passwd)"), None),
    # Nothing is put there.
    (("-i", "none", "-t", "s6", "--daemon-fd=5"), {5: FILE}, "", {5: FILE}, "", None),
    # What the host reads is moved where that is ours, and else not lost.
    (("--host-fd=3", "-t", "systemd", "-N", A), {3: PIPE}, "notify", {3: SOCKET}, "", 3),
    (("--host-fd=4", "-t", "systemd", "-N", A, B), {3: FILE, 4: PIPE}, "notify", {3: SOCKET, 4: SOCKET}, "3 (/etc/passwd);", 4),
    (("--host-fd=4", "-t", "systemd", "--ready-when=path:/", A, B), {4: PIPE}, "", {3: SOCKET, 4: SOCKET}, "", 4),
    (("--host-fd=4", "-t", "systemd", "-N", "--supervise", A, B), {4: PIPE, 5: FILE}, "notify", {3: SOCKET, 4: SOCKET, 5: FILE}, "", 4),
    (("--host-fd=3", "-t", "systemd", A), {3: PIPE}, "", None, "from descriptor 3 (--host-fd) that the daemon is ready", None),
    (("--host-fd=FD", "-t", "systemd", A, B), {4: PIPE}, "", None, "descriptors 3 to 4, but the service manager reads from descriptor 4 (", None),
    (("--host-fd=5", "-t", "systemd", A, B), {5: PIPE}, "", {3: SOCKET, 4: SOCKET, 5: PIPE}, "but -N is missing", None),
    # A daemon that is told the numbers gets others.
    (("--host-fd=3", "-t", "upstart", A, B), {3: PIPE, 5: FILE}, "", {3: PIPE, 4: SOCKET, 5: FILE, 6: SOCKET}, "but -N is missing", None),
    # Who reads no newline, or writes none.
    (("-i", "none", "--host-fd=5", "-t", "systemd", A), {5: PIPE}, "", {3: SOCKET, 5: PIPE}, "--host-fd has no effect", None),
    (("-i", "none", "--daemon-fd=5", "-t", "systemd", A), {5: PIPE}, "", {3: SOCKET, 5: PIPE}, "--daemon-fd has no effect", None),
)


def opened(kind):
    """Returns a descriptor out of the way, and for a pipe the end to read from."""
    ours, theirs = os.pipe() if kind == PIPE else (None, os.open(FILE, os.O_RDONLY))
    high = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(theirs)
    return high, ours


class InTheWayTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.ready = os.path.join(directory.name, "ready")

    def run_with(self, options, layout, ready, wants):
        """Returns what it has, what is said, and what came out of each pipe; one that is waited for @wants."""
        ends = {fd: opened(kind) for fd, kind in layout.items()}

        def arrange():
            for fd, (high, _) in ends.items():
                os.dup2(high, fd, True)

        process = subprocess.Popen([BRIDGE, *(word.replace("READY", self.ready) for word in options), "--", "/usr/bin/python3",
                                    "-IS", "-c", DAEMON, ready], preexec_fn=arrange, close_fds=False, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": "@in-the-way", "FD": str(max(layout))})
        for high, _ in ends.values():
            os.close(high)
        heard = {}
        if wants is not None:
            heard[wants] = os.read(ends[wants][1], 10)
        out, said = process.communicate("", timeout=30)
        for fd, (_, ours) in ends.items():
            if ours is not None:
                os.set_blocking(ours, False)
                try:
                    heard[fd] = heard.get(fd, b"") + os.read(ours, 10)
                except BlockingIOError:
                    pass            # the babysitter has it still
                os.close(ours)
        return out, said, heard

    def test_rows(self):
        for options, layout, ready, has, words, wants in ROWS:
            with self.subTest(options=options, layout=layout):
                out, said, heard = self.run_with(options, layout, ready, wants)
                self.assertEqual(out.strip(), str(has) if has is not None else "", said)
                lines = [words] if isinstance(words, str) and words else list(words)
                self.assertEqual(len(said.splitlines()), len(lines), said)
                for line in lines:
                    self.assertIn(line, said)
                self.assertEqual([fd for fd, text in heard.items() if text], [wants] if wants is not None else [])
                if wants is not None:
                    self.assertEqual(heard[wants], b"\n")


if __name__ == "__main__":
    tap.main()
