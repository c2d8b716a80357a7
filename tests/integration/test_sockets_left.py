# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Variables that tell of sockets, on a host that is not the one that sets them: passed on, or said."""
import os
import socket
import subprocess
import tempfile
import unittest

import tap

BRIDGE = os.environ["CIB"]
TOLD = """import os
print({name: value for name, value in os.environ.items() if name in ("LISTEN_FDS", "UPSTART_FDS")})
"""
EVENT = {"UPSTART_JOB": "x", "UPSTART_INSTANCE": "", "UPSTART_EVENTS": "socket", "PROTO": "inet", "PORT": "80"}
# host and target, which variable, the number that it tells, the one that is open, what the daemon gets, what is said
ROWS = (
    (("-i", "none", "-t", "upstart"), "UPSTART_FDS", "9", 9, "{}", "UPSTART_FDS is about sockets that are open here"),
    (("-i", "runit", "-t", "systemd"), "UPSTART_FDS", "8 9", 9, "{}", "UPSTART_FDS is about sockets that are open here"),
    (("-i", "datagram", "-t", "systemd"), "UPSTART_FDS", "9", 9, "{}", "UPSTART_FDS is about sockets that are open here"),
    (("-i", "runit", "-t", "systemd"), "UPSTART_FDS", "9", 8, "{}", ""),
    (("-i", "runit", "-t", "systemd"), "UPSTART_FDS", "x 9999999999999999999999 -1", 9, "{}", ""),
    (("-i", "runit", "-t", "upstart"), "LISTEN_FDS", "1", 3, "{}", "LISTEN_FDS=1 is about sockets that are open here"),
    (("-i", "forking", "-t", "systemd", "--pidfile=PID", "--ready-when=path:/"), "LISTEN_FDS", "1", 3, "{'LISTEN_FDS': '1'}", ""),
    (("-i", "forking", "-t", "upstart", "--pidfile=PID", "--ready-when=path:/", "--job=x"), "LISTEN_FDS", "1", 3,
     "{'UPSTART_FDS': '3'}", ""),
    # At home nothing is changed, but what the daemon does not look for is said all the same.
    (("-i", "systemd", "-t", "systemd"), "UPSTART_FDS", "9", 9, "{'UPSTART_FDS': '9'}", "UPSTART_FDS is about sockets"),
    (("-i", "systemd", "-t", "systemd"), "UPSTART_FDS", "9", 8, "{'UPSTART_FDS': '9'}", ""),
    (("-i", "systemd", "-t", "systemd"), "LISTEN_FDS", "1", 3, "{'LISTEN_FDS': '1'}", ""),
    (("-i", "systemd", "-t", "forking"), "UPSTART_FDS", "8 9", 9, "{'UPSTART_FDS': '8 9'}", "UPSTART_FDS is about sockets"),
    (("-i", "systemd", "-t", "forking"), "LISTEN_FDS", "1", 3, "{'LISTEN_FDS': '1'}", ""),
    (("-i", "inetd", "-t", "inetd"), "UPSTART_FDS", "9", 9, "{'UPSTART_FDS': '9'}", "UPSTART_FDS is about sockets"),
    (("-i", "upstart", "-t", "upstart"), "LISTEN_FDS", "1", 3, "{'LISTEN_FDS': '1'}", "LISTEN_FDS=1 is about sockets"),
    (("-i", "systemd", "-t", "systemd"), "LISTEN_FDS", "1 LISTEN_PID=1", 3, "{'LISTEN_FDS': '1'}", "LISTEN_PID=1 is another process"),
    (("-i", "systemd", "-t", "systemd"), "LISTEN_FDS", "1 LISTEN_PID=", 3, "{'LISTEN_FDS': '1'}", "there is no LISTEN_PID"),
    (("-i", "inetd", "-t", "inetd"), "LISTEN_FDS", "1 LISTEN_PID=1", 3, "{'LISTEN_FDS': '1'}", "LISTEN_PID=1 is another process"),
    (("-i", "upstart", "-t", "upstart"), "LISTEN_FDS", "1 LISTEN_PID=", 3, "{'LISTEN_FDS': '1'}", "there is no LISTEN_PID"),
    # Some were handed over, and others are there besides.
    (("-i", "systemd", "-t", "upstart", "--job=x"), "LISTEN_FDS", "1 UPSTART_FDS=3", 3, "{'UPSTART_FDS': '3'}", ""),
    (("-i", "systemd", "-t", "upstart", "--job=x"), "LISTEN_FDS", "1 UPSTART_FDS=0", 3, "{'UPSTART_FDS': '3'}", ""),
)


def split(name, value):
    """A value may have other variables behind it; LISTEN_PID is ours, unless it is there, or empty."""
    first, *others = value.split(" ") if name == "LISTEN_FDS" else [value]
    return {name: first, **dict(word.split("=") for word in others)}


class LeftTest(unittest.TestCase):
    def test_sockets_are_passed_on_or_named(self):
        with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0)) as listener:
            for n, (options, name, value, number, told, said) in enumerate(ROWS):
                with self.subTest(options=options, name=name, value=value):
                    # One each: the daemon of the row before may not have ended yet.
                    words = [word.replace("PID", os.path.join(directory, "pid%d" % n)) for word in options]
                    output = os.path.join(directory, "output%d" % n)
                    with open(output, "wb") as file:
                        run = subprocess.run(
                            ["sh", "-c", 'exec %d<&0 </dev/null; LISTEN_PID=${LISTEN_PID-$$} exec "$@"' % number, "sh", BRIDGE, *words, "--",
                             "/usr/bin/python3", "-IS", "-c", TOLD], stdin=listener, stdout=file, stderr=subprocess.PIPE, text=True,
                            env={"PATH": os.environ["PATH"], **(EVENT if name == "UPSTART_FDS" else {}), **split(name, value)},
                            timeout=30, check=False)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    with open(output, encoding="ascii") as file:
                        text = file.read().strip()
                    # In the background it may not have come to it yet; or it ends before it is ready.
                    self.assertIn(text, (told, "") if "forking" in options else (told,))
                    self.assertIn(said, run.stderr)
                    if not said:
                        self.assertNotIn("sockets are not passed on", run.stderr)


if __name__ == "__main__":
    tap.main()
