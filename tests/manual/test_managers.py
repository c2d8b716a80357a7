# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The examples of the manual for s6, runit, supervisord, init scripts and containers, with the real programs.

As in test_examples.py a file is taken as it is, but for the path of the bridge. The managers run as jobs
of the stand-in for Upstart, which has the namespaces, and whose variables are not to mislead anybody.
Those that Debian 12 does not have (dinit, finit, OpenRC from 0.60 on, Shepherd) are not run here; what goes by a pid
file (OpenRC 0.45, monit, cron, dinit's bgprocess) is run by tests/integration/test_background_hosts.py.
"""
import json
import os
import re
import shutil

import pages
import tap
from upstart_case import BRIDGE, Host, UpstartTestCase, run, wait_until

HAPROXY = "/usr/sbin/haproxy"
NGINX = "/usr/sbin/nginx"
READY_FILE = "/run/haproxy.ready"
SUPERVISORD = """
[supervisord]
nodaemon=true
user=root
logfile={dir}/messages
pidfile={dir}/pid
"""
# Needs a manager that is not here: only compared with what the manual shows.
NOT_RUN = ("dinit/haproxy", "finit/haproxy.conf", "openrc/haproxy", "shepherd/haproxy.scm")


def example(name):
    return pages.read_example(name).replace("/usr/bin/cross-init-bridge", BRIDGE)


class Managers(UpstartTestCase):
    def host(self, *programs, daemon=HAPROXY):
        for program in (daemon, *programs):
            if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
                self.skipTest(program + " is not installed")
        host = Host()
        self.addCleanup(host.__exit__, None, None, None)
        os.mkdir(host.path("/run/haproxy"))
        return host

    def write(self, host, name, text):
        path = os.path.join(host.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def service_directory(self, host, name):
        """A directory of the examples, which a manager of that kind can be given."""
        for file in os.listdir(os.path.join(pages.EXAMPLES, name)):
            path = self.write(host, os.path.join("service", file), example(os.path.join(name, file)))
        return os.path.dirname(path)

    def must(self, host, *words):
        result = host.run(list(words))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def is_ready(self, host):
        return os.path.lexists(host.path(READY_FILE))

    def daemons(self, host, parent):
        return [process for process in host.processes() if process.comm == "haproxy" and process.ppid == parent]

    def check_supervised(self, host, *manager):
        """The daemon is the child of the manager, and ends with it; the bridge leaves nothing."""
        parent = host.outer_pid(host.status("manager").pid)
        daemon, = self.daemons(host, parent)
        self.assertNotIn(daemon.state, "Tt")
        self.must(host, *manager)
        wait_until(lambda: not self.daemons(host, parent), "end of haproxy")
        wait_until(lambda: not self.is_ready(host), "end of the ready file")
        host.stop("manager")
        wait_until(lambda: not host.processes(), "end of everything")
        self.assertEqual([name for name in os.listdir(host.path("/run")) if name.startswith("cross-init")], [])

    def test_s6(self):
        host = self.host("s6-supervise")
        directory = self.service_directory(host, "s6/haproxy")
        host.job("manager", run("s6-supervise", directory))
        host.start("manager")
        wait_until(lambda: host.run(["s6-svok", directory]).returncode == 0, "s6-supervise")
        self.must(host, "s6-svwait", "-U", "-t", "15000", directory)
        self.check_supervised(host, "s6-svc", "-wD", "-d", directory)

    def test_runit(self):
        host = self.host("runsv", "sv")
        directory = self.service_directory(host, "runit/haproxy")
        host.job("manager", run("runsv", directory))
        host.start("manager")
        wait_until(lambda: host.run(["sv", "status", directory]).returncode == 0, "runsv")
        self.must(host, "sv", "-w", "15", "start", directory)   # waits for ./check
        self.assertTrue(self.is_ready(host))
        self.check_supervised(host, "sv", "-w", "15", "stop", directory)

    def test_supervisord(self):
        host = self.host("supervisord")
        config = self.write(host, "supervisord.conf",
                            SUPERVISORD.format(dir=host.dir) + example("supervisord/haproxy.conf"))
        host.job("manager", run("supervisord", "-c", config))
        host.start("manager")
        wait_until(lambda: self.is_ready(host), "ready file")
        parent = host.outer_pid(host.status("manager").pid)
        self.assertEqual(len(self.daemons(host, parent)), 1)
        host.stop("manager")
        wait_until(lambda: not host.processes() and not self.is_ready(host), "end of everything")

    def test_init_script(self):
        host = self.host("start-stop-daemon")
        script = self.write(host, "haproxy", example("start-stop-daemon/haproxy"))
        for action in "start", "restart":
            self.must(host, "sh", script, action)
            self.assertTrue(self.daemons(host, host.pid))
        self.must(host, "sh", script, "stop")   # it counts as gone when it has no program any more, a moment earlier
        wait_until(lambda: not host.processes(), "end of everything")

    def test_init_script_with_a_pid_file(self):
        host = self.host("start-stop-daemon", "redis-server")
        self.must(host, "mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/srv")
        script = self.write(host, "redis", example("start-stop-daemon/redis"))
        for _ in range(2):
            self.must(host, "sh", script, "start")
            with open(host.path("/run/redis.pid")) as file:
                self.assertEqual(host.proc(int(file.read()), "comm").strip(), "redis-server")
            self.must(host, "sh", script, "stop")
            wait_until(lambda: not os.path.exists(host.path("/run/redis.pid")), "end of the pid file")
        wait_until(lambda: not host.processes(), "end of everything")

    def test_container(self):
        """The entry point as process 1, and what asks for its health."""
        host = self.host("unshare")
        text = example("container/Containerfile").replace("\\\n", "")
        entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.M)[1])
        check = re.search(r"^HEALTHCHECK CMD (.*)$", text, re.M)[1].split()
        self.assertIn("command: " + json.dumps(check), example("container/pod.yaml"))
        host.job("manager", run("env", "-i", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *entry))
        host.start("manager")
        wait_until(lambda: host.run(check).returncode == 0, "health")
        host.stop("manager")
        wait_until(lambda: not host.processes(), "end of everything")

    # -- nginx, in the background

    def check_in_background(self, host, stop):
        """It is ready with its main process in its pid file; a stop ends all of it."""
        with open(host.path("/run/nginx.pid")) as file:
            main = int(file.read())
        self.assertEqual(host.proc(main, "comm").strip(), "nginx")
        stop()
        wait_until(lambda: not [process for process in host.processes() if process.comm in ("nginx", "cross-init-brid")],
                   "end of nginx")
        host.stop("manager")
        wait_until(lambda: not host.processes(), "end of everything")

    def is_nginx_ready(self, host):
        return os.path.lexists(host.path("/run/nginx.ready"))

    def test_upstart_in_background(self):
        host = self.host(daemon=NGINX)
        host.job("manager", example("upstart/nginx.conf"))
        self.assertEqual(host.start("manager").rc, 0)
        self.check_in_background(host, lambda: self.assertEqual(host.stop("manager").rc, 0))

    def test_s6_in_background(self):
        host = self.host("s6-supervise", daemon=NGINX)
        directory = self.service_directory(host, "s6/nginx")
        host.job("manager", run("s6-supervise", directory))
        host.start("manager")
        wait_until(lambda: host.run(["s6-svok", directory]).returncode == 0, "s6-supervise")
        self.must(host, "s6-svwait", "-U", "-t", "15000", directory)
        self.check_in_background(host, lambda: self.must(host, "s6-svc", "-wD", "-d", directory))

    def test_runit_in_background(self):
        host = self.host("runsv", "sv", daemon=NGINX)
        directory = self.service_directory(host, "runit/nginx")
        host.job("manager", run("runsv", directory))
        host.start("manager")
        wait_until(lambda: host.run(["sv", "status", directory]).returncode == 0, "runsv")
        self.must(host, "sv", "-w", "15", "start", directory)   # waits for ./check
        self.assertTrue(self.is_nginx_ready(host))
        self.check_in_background(host, lambda: self.must(host, "sv", "-w", "15", "stop", directory))

    def test_supervisord_in_background(self):
        host = self.host("supervisord", daemon=NGINX)
        config = self.write(host, "supervisord.conf", SUPERVISORD.format(dir=host.dir) + example("supervisord/nginx.conf"))
        host.job("manager", run("supervisord", "-c", config))
        host.start("manager")
        wait_until(lambda: self.is_nginx_ready(host), "ready file")
        self.check_in_background(host, lambda: host.stop("manager"))

    def test_container_in_background(self):
        host = self.host("unshare", daemon=NGINX)
        text = example("container/nginx/Containerfile").replace("\\\n", "")
        entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.M)[1])
        check = re.search(r"^HEALTHCHECK CMD (.*)$", text, re.M)[1].split()
        host.job("manager", run("env", "-i", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *entry))
        host.start("manager")
        wait_until(lambda: host.run(check).returncode == 0, "health")
        host.stop("manager")
        wait_until(lambda: not host.processes(), "end of everything")


if __name__ == "__main__":
    tap.main()
