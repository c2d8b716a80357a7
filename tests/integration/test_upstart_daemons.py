# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Under the stand-in for Upstart: real daemons that were written for systemd, or for inetd.

Each row is a daemon as its own package would run it there, with a configuration of its own in
the test's directory and a client that asks it something. Separate from the other tests because these
need Debian's packages, and because nothing here knows how the bridge works.
"""
import os

import tap
from real_daemons import DAEMONS, WSGI
from upstart_case import Host, UpstartTestCase, reload_until_new
from upstart_host import read_stat

# What they have said, by their package, is in syslog after the first start.
STATUS = {
    "gunicorn": "status: Gunicorn arbiter booted",
    "redis-server": "status: Ready to accept connections",
    "uwsgi-core": "status: uWSGI is ready",
    "dash": "status: Answering",
}


class DaemonTest(UpstartTestCase):
    """A test for each row, below."""

    def run_daemon(self, daemon):
        if daemon.missing():
            self.skipTest(daemon.missing())
        with Host() as host:
            os.chmod(host.dir, 0o777)  # the daemons drop their privileges
            with open(os.path.join(host.dir, "wsgi.py"), "w") as file:
                file.write(WSGI)
            host.job("job", daemon.job(host.dir, daemon.prepare(host.dir)))
            for by_client in True, False, True:
                self.run_once(host, daemon, by_client and "start on" in daemon.stanzas)
            log = host.log()
            stops = [line for line in log if line.endswith("stopped by STOP signal")]
            self.assertEqual(len(stops), 3 if daemon.notifies else 0)
            self.assertFalse([line for line in log if "KILL" in line])
            self.assertEqual(host.bridge_lines("job") + host.complaints(), [])
            if daemon.notifies and daemon.package in STATUS:
                self.assertIn(STATUS[daemon.package], host.said("job"))

    def reload(self, host, daemon):
        master = host.outer_pid(host.status("job").pid)

        def workers():
            return {process.pid for process in host.processes() if process.ppid == master and process.state != "Z"}

        reload_until_new(host, "job", workers)
        self.assertIn(daemon.expected, daemon.ask(host))

    def run_once(self, host, daemon, by_client):
        """It is started by its first client or by hand, answers at once, and ends when it is told to."""
        if by_client:
            self.assertIn(daemon.expected, daemon.ask(host))
            host.wait("job", "start/running")
        else:
            self.assertEqual(host.start("job").rc, 0)
        self.assertIn(daemon.expected, daemon.ask(host))
        if "reload signal" in daemon.stanzas:
            self.reload(host, daemon)
        pid = host.outer_pid(self.assert_running(host))
        self.assertNotEqual(read_stat(pid).comm, "cross-init-brid")
        with open("/proc/%d/environ" % pid, "rb") as file:
            self.assertNotIn(b"UPSTART_FDS=", file.read())  # uWSGI would heed it, too
        # Without -N there may be one, for its first 10 s: who asks Upstart whether it was forgotten.
        self.assertIn(len(host.babysitters()), (1,) if daemon.notifies else (0, 1))
        self.assertEqual(host.stop("job").rc, 0)
        self.assert_nothing_left(host)


def add_test(name, daemon):
    def test(self):
        self.run_daemon(daemon)
    setattr(DaemonTest, "test_" + name.replace(" ", "_").replace("-", "_"), test)


for row in DAEMONS.items():
    add_test(*row)


if __name__ == "__main__":
    tap.main()
