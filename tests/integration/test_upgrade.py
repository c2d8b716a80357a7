# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""A babysitter of 0.1.0, that of the first commit, asks the bus-query of today: the package was upgraded under it.

It lives as long as its daemon, for months; bus-query is a program that it starts anew for each question. What it asks
is a table in test_bus_query.c; here it is itself. Only where there is the history, and a compiler.
"""
import atexit
import glob
import os
import shutil
import subprocess
import tempfile
import unittest

import tap

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def build_first():
    """The path of the first commit's bridge, or None."""
    directory = tempfile.mkdtemp(prefix="cib-first-")
    atexit.register(shutil.rmtree, directory)
    git = ["git", "-c", "safe.directory=*", "-C", SOURCE]
    try:
        first = subprocess.run([*git, "rev-list", "--max-parents=0", "HEAD"], check=True, capture_output=True, text=True).stdout
        packed = subprocess.run([*git, "archive", first.split()[-1], "src"], check=True, capture_output=True).stdout
        subprocess.run(["tar", "x", "-C", directory], input=packed, check=True)
        src, path = os.path.join(directory, "src"), os.path.join(directory, "cross-init-bridge")
        files = [file for file in glob.glob(src + "/**/*.c", recursive=True) if "bus_query" not in os.path.basename(file)]
        subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", '-DVERSION="0.1.0"', '-DBUS_QUERY_PATH="/nowhere/bus-query"', "-I", src,
                        "-o", path, *files], check=True, capture_output=True)
    except (subprocess.CalledProcessError, FileNotFoundError):
        return None         # a tarball, a shallow clone; no git, no compiler
    return path


# Today's, and a line about each question: what it is, and the exit status.
LISTENING = """#!/bin/sh
"%s" "$@"
status=$?
echo "$1 $status" >> "$0.log"
exit $status
"""


def listen_in():
    """The path of a bus-query that can be listened to."""
    directory = tempfile.mkdtemp(prefix="cib-query-")
    atexit.register(shutil.rmtree, directory)
    path = os.path.join(directory, "bus-query")
    with open(path, "w", encoding="utf-8") as file:
        file.write(LISTENING % os.environ["CIB_BUS_QUERY"])
    os.chmod(path, 0o755)
    return path


FIRST = build_first()
if FIRST:
    os.environ["CIB"], os.environ["CIB_BUS_QUERY"] = FIRST, listen_in()     # they are put beside each other
from upstart_case import BRIDGE, NOT_WAITED_FOR, READY, Host, UpstartTestCase, bridge, run, wait_until      # noqa: E402, pylint: disable=C0413


@unittest.skipUnless(FIRST, "the first commit cannot be built here: no history, or no compiler")
class UpgradeTest(UpstartTestCase):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(os.path.dirname(BRIDGE), "bus-query.log")
        with open(self.log, "w", encoding="ascii"):
            pass

    def assert_answered(self, question):
        """It has been asked, and has had an answer each time."""
        def lines():
            with open(self.log, encoding="ascii") as file:
                return file.read().splitlines()
        wait_until(lambda: question + " 0" in lines(), "the line about it")     # which comes after the answer
        self.assertEqual({line for line in lines() if not line.endswith((" 0", " 1"))}, set())

    def check(self, host, state, stanzas=""):
        """Upstart waits for nothing."""
        host.job("job", stanzas + run(*bridge("--notify", READY, "pause")))
        host.start("job", wait=False)
        host.wait_output("job", NOT_WAITED_FOR)
        host.wait("job", state)
        host.wait_state(host.status("job").pid, "S", timeout=6)
        self.assert_answered("job-state")

    def test_state_of_a_job(self):
        for options in {}, {"system_bus": True}:
            with self.subTest(options=options), Host(**options) as host:
                self.check(host, "start/running")
                self.assertEqual(host.stop("job").rc, 0)

    def test_state_of_a_job_with_post_start(self):
        with Host() as host:
            gate = host.gate()
            self.check(host, "start/post-start", "post-start exec %s wait-file=%s\n" % (os.environ["CIB_FAKE_DAEMON"], gate))
            gate.open()
            host.wait("job", "start/running")
            host.stop("job")

    def test_ready(self):
        with Host() as host:
            host.job("job", "expect stop\n" + run(*bridge("--notify", READY, "pause")))
            self.assert_started(host)
            host.stop("job")


if __name__ == "__main__":
    tap.main()
