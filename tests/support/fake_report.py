# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What support/fake_daemon.c wrote with report=FILE, for the tests of every host."""


class Report:
    """What fake-daemon saw, read from its report=."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.env = {}
        self.fds = {}
        self.values = {}
        for line in self.lines:
            key, _, value = line.partition(" ")
            if key == "env":
                name, _, content = value.partition("=")
                self.env[name] = content
            elif key == "fd":
                number, _, what = value.partition(" ")
                self.fds[int(number)] = what
            else:
                self.values[key] = value

    def __getitem__(self, key):
        return self.values[key]

    def inherited(self):
        """The descriptors that are none of 0-2."""
        return {fd: what for fd, what in self.fds.items() if fd > 2}
