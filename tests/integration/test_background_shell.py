# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-i forking, typed by a person at a shell: job control, an interrupt, a window that is closed.

Separate from test_background.py, where whoever starts the bridge is a script, and has no terminal.
"""
import contextlib
import os
import pty
import select
import shlex
import shutil
import signal
import time
import unittest

import own_run
import tap
from background_case import FOREVER, PATIENCE_S, BackgroundCase, until


class Terminal:
    """A shell with job control, at a terminal of its own."""

    # What comes to who is not the shell yet, as when the window is closed at once, is for the test's handlers, in its copy.
    HELD = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.heard = ""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self.HELD)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                for number in self.HELD:
                    signal.signal(number, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"],
                           {"PATH": os.environ["PATH"], "PS1": "", "PS2": "", "TERM": "dumb"})
            finally:
                os._exit(127)       # never on as the test
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def type(self, text):
        os.write(self.fd, text.encode())

    def hear(self, text):
        """Up to @text, which is not as it was typed."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.heard:
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError("no %r in %r" % (text, self.heard))
            self.heard += os.read(self.fd, 4096).decode(errors="replace")
        self.heard = self.heard.partition(text)[2]

    def close(self):
        """As a window that is closed."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            os.waitpid(self.pid, 0)


@unittest.skipUnless(shutil.which("bash"), "needs bash")
class AtAShell(BackgroundCase):
    """A person, who may be impatient."""

    def setUp(self):
        super().setUp()
        self.gate = os.path.join(self.directory, "gate")
        self.terminal = Terminal()
        self.addCleanup(self.terminal.close)

    def begin(self, target="systemd", options=()):
        """Types the command, and waits until its daemon is there, and not ready."""
        self.terminal.type(shlex.join(self.command(target, "touch=" + self.mark + "-up", "wait-file=" + self.gate,
                                                   *self.says(target), "on-term=exit:0", FOREVER, options=options)) + "; ")
        self.terminal.type('echo sta""tus=$?.\n')
        until(lambda: os.path.exists(self.mark + "-up"), "daemon")

    def open_gate(self):
        with open(self.gate, "w"):
            pass

    def again(self):
        for path in self.gate, self.mark, self.mark + "-up":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def each(self):
        for target, options in (("systemd", ()), ("systemd", ("--supervise",)), ("systemd", ("--stdio=null",)), ("s6", ()),
                                ("upstart", ("--job=d",)), ("condition", ())):
            with self.subTest(target, options=options):
                self.terminal.close()
                self.terminal = Terminal()
                self.begin(target, options)
                yield
                self.terminal.close()
                self.again()

    def test_a_window_that_is_closed_later_is_nothing_to_the_daemon(self):
        for _ in self.each():
            self.open_gate()
            self.terminal.hear("status=0.")
            self.terminal.close()
            os.kill(self.pid(), 0)
            self.end()

    def test_an_interrupt_ends_the_start(self):
        for _ in self.each():
            self.terminal.type("\x03")
            self.terminal.type('echo sta""tus=$?.\n')
            self.terminal.hear("status=130.")
            self.assertFalse(os.path.exists(self.pid_file))
            self.terminal.close()
            self.reap_all()

    def test_who_stops_it_can_go_on(self):
        for _ in self.each():
            self.terminal.type("\x1a")
            self.terminal.type('jobs; echo l""isted\n')
            self.terminal.hear("Stopped")
            self.terminal.hear("listed")
            self.terminal.type('fg; echo sta""tus=$?.\n')
            self.open_gate()
            self.terminal.hear("status=0.")
            self.terminal.close()
            self.end()

    def test_a_window_that_is_closed_ends_the_start(self):
        for _ in self.each():
            self.terminal.close()
            self.reap_all()


del BackgroundCase

if __name__ == "__main__":
    own_run.enter()
    tap.main()
