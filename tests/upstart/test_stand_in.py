# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The stand-in for Upstart behaves as Upstart 1.13.2 was seen to behave.

Each test is one behaviour that tests of the bridge rely on; the bridge itself takes no part. Where Upstart
is wrong (a listener that leaks, a respawn without a process), the stand-in has to be wrong in the same way,
and the test says so.
"""

import contextlib
import os
import signal
import socket
import struct
import time
import unittest

import programs
import tap
from upstart_host import UpstartHost, poll_until, read_stat, wait_for_end, wait_for_file

DAEMON = os.environ["CIB_FAKE_DAEMON"]
UPSTART = "/com/ubuntu/Upstart"
MANAGER = "com.ubuntu.Upstart0_6"
NOBODY = 65534
NOBODY_STAYS_OUT = programs.out_of_reach(DAEMON, NOBODY)


def daemon(*actions):
    return "exec %s %s\n" % (DAEMON, " ".join(actions))


def read_report(path):
    """fake-daemon's report as {key: [value, ...]}."""
    report = {}
    with open(path) as lines:
        for line in lines:
            key, _, value = line.rstrip("\n").partition(" ")
            report.setdefault(key, []).append(value)
    return report


def padded(name):
    """The abstract address that Upstart binds for @name: filled up with NULs."""
    return b"\0" + name.encode().ljust(107, b"\0")


# For tests in which another user executes what was built.
with_nobody = unittest.skipIf(NOBODY_STAYS_OUT, NOBODY_STAYS_OUT)


class Case(unittest.TestCase):
    def setUp(self):
        if reason := UpstartHost.missing():
            self.skipTest(reason)

    def report(self, host, stanzas="", name="job", env=(), actions=()):
        """What the main process of a job with these stanzas sees."""
        path = os.path.join(host.dir, "report")
        host.job(name, stanzas + daemon("report=" + path, *actions))
        self.assertEqual(host.start(name, *env).rc, 0)
        host.wait(name, "stop/waiting", dict(e.split("=") for e in env).get("I", ""))
        return read_report(path)

    def assert_state(self, host, name, goal, state):
        status = host.status(name)
        self.assertEqual((status.goal, status.state), (goal, state))
        return status

    def dbus(self, host, path, member, *arguments, address="unix:abstract=/com/ubuntu/upstart", uid=None):
        """dbus-send's answer, or what it says on failure."""
        bus = ["--system", "--dest=com.ubuntu.Upstart"] if address == "system" else ["--peer=" + address]
        done = host.run(["dbus-send"] + bus + ["--print-reply=literal", "--reply-timeout=5000", path, member]
                        + list(arguments), uid=uid)
        return " ".join((done.stdout + done.stderr).split())


class ProcessTest(Case):
    """What a job's process is given."""

    def test_main_process_leads_a_session_below_pid_1(self):
        with UpstartHost() as host:
            report = self.report(host)
            self.assertEqual(report["ppid"], ["1"])
            self.assertEqual(report["pgid"], report["pid"])
            self.assertEqual(report["sid"], report["pid"])
            self.assertEqual(report["cwd"], ["/"])
            self.assertEqual(report["umask"], ["022"])
            self.assertEqual(report["uid"], ["0 0"])
            self.assertEqual(report["mask"], [""])
            self.assertEqual(report["ignored"], [""])

    def test_environment_has_nothing_but_the_job(self):
        with UpstartHost() as host:
            host.job("job", daemon("pause"))
            host.start("job")
            self.assertEqual(host.proc(host.status("job").pid, "environ").split("\0"),
                             ["PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin", "TERM=linux",
                              "UPSTART_JOB=job", "UPSTART_INSTANCE=", ""])

    def test_console_log_is_a_terminal_and_nothing_else_is_open(self):
        with UpstartHost() as host:
            fds = [fd.split() for fd in self.report(host)["fd"]]
            self.assertEqual([fd[0] for fd in fds], ["0", "1", "2"])
            self.assertIn("/dev/null", fds[0])
            self.assertTrue(any("/pts/" in word for word in fds[1]), fds)
            host.job("prints", daemon("print=hello"))
            host.start("prints")
            host.wait("prints", "stop/waiting")
            self.assertIn("hello", host.job_output("prints"))

    def test_console_none_is_null(self):
        with UpstartHost() as host:
            for fd in self.report(host, "console none\n")["fd"]:
                self.assertIn("/dev/null", fd)

    def test_stanzas_set_directory_mask_limit_and_environment(self):
        with UpstartHost() as host:
            report = self.report(host, "chdir /usr\numask 077\nlimit nofile 64 128\nenv COLOUR=blue\nenv PATH=/bin\n")
            self.assertEqual(report["cwd"], ["/usr"])
            self.assertEqual(report["umask"], ["077"])
            self.assertIn("7 64 128", report["rlimit"])
            self.assertIn("COLOUR=blue", report["env"])
            self.assertIn("PATH=/bin", report["env"])

    def test_setuid_keeps_the_group_of_root(self):
        """Upstart's bug."""
        with UpstartHost() as host:
            host.job("job", "setuid nobody\nconsole log\nexec id\n")
            host.start("job")
            host.wait("job", "stop/waiting")
            output = host.job_output("job")
            self.assertIn("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup),0(root)", output)

    def test_shell_characters_make_it_a_shell_that_execs(self):
        with UpstartHost() as host:
            host.job("plain", "exec sleep 1000\n")
            host.job("shell", "exec sleep 100$((0))\n")
            for name in "plain", "shell":
                host.start(name)
                pid = host.status(name).pid
                poll_until(lambda pid=pid: host.proc(pid, "cmdline") == "sleep\0" "1000\0")

    def test_script_of_several_lines_is_read_from_fd_9(self):
        with UpstartHost() as host:
            host.job("job", "script\n  echo one\n  tr '\\0' ' ' < /proc/$$/cmdline\nend script\n")
            host.start("job")
            host.wait("job", "stop/waiting")
            self.assertIn("/bin/sh -e /proc/self/fd/9", host.job_output("job"))

    def test_instances_are_named_by_variables(self):
        with UpstartHost() as host:
            host.job("job", "instance $I\n" + daemon("pause"))
            self.assertEqual(host.start("job").rc, 1)
            self.assertRegex(host.start("job", "I=one").output, r"^job \(one\) start/running, process \d+\n$")
            host.start("job", "I=two")
            self.assertEqual(len(host.list()), 2)
            self.assertRegex(host.proc(host.status("job", "I=two").pid, "environ"), "UPSTART_INSTANCE=two\0")
            self.assertEqual(host.stop("job", "I=one").rc, 0)
            self.assertEqual(host.stop("job", "I=one").output, "stop: Unknown instance: one\n")

    def test_a_program_that_is_missing_fails_the_start(self):
        with UpstartHost() as host:
            host.job("job", "exec /nonexistent\n")
            result = host.start("job")
            self.assertEqual((result.rc, result.output), (1, "start: Job failed to start\n"))
            self.assert_state(host, "job", "stop", "waiting")
            host.wait_log("Failed to spawn job main process: unable to execute: No such file or directory")


class InitctlTest(Case):
    """Messages and exit statuses."""

    def test_words_of_initctl(self):
        with UpstartHost() as host:
            host.job("job", daemon("pause"))
            self.assertRegex(host.start("job").output, r"^job start/running, process \d+\n$")
            self.assertEqual(host.start("job").output, "start: Job is already running: job\n")
            self.assertEqual(host.stop("job").output, "job stop/waiting\n")
            self.assertEqual(host.stop("job"), (1, "stop: Unknown instance: \n"))
            self.assertEqual(host.restart("job"), (1, "restart: Unknown instance: \n"))
            self.assertEqual(host.start("nosuch"), (1, "start: Unknown job: nosuch\n"))

    def test_restart(self):
        with UpstartHost() as host:
            host.job("job", "expect stop\n" + daemon("stop", "pause"))
            host.start("job")
            first = host.status("job").pid
            self.assertRegex(host.restart("job").output, r"^job start/running, process \d+\n$")
            self.assertNotEqual(host.status("job").pid, first)

    def test_main_that_exits_before_the_stop(self):
        for status, rc, output in ((0, 0, "job stop/waiting\n"), (3, 1, "start: Job failed to start\n")):
            with self.subTest(status=status), UpstartHost() as host:
                host.job("job", "expect stop\n" + daemon("exit=%d" % status))
                self.assertEqual(host.start("job"), (rc, output))
                self.assert_state(host, "job", "stop", "waiting")

    def test_a_task_is_done_when_it_has_ended(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", "task\n" + daemon("wait-file=" + gate))
            host.start("job", wait=False)
            host.wait("job", "start/running")
            host.job("other", "task\n" + daemon("exit=3"))
            self.assertEqual(host.start("other").rc, 1)
            open(gate, "w").close()
            host.wait("job", "stop/waiting")


class ExpectStopTest(Case):
    def test_stop_makes_it_running_and_continues_it(self):
        with UpstartHost() as host:
            host.job("job", "expect stop\n" + daemon("stop", "pause"))
            self.assertEqual(host.start("job").rc, 0)
            status = self.assert_state(host, "job", "start", "running")
            self.assertIn(read_stat(host.outer_pid(status.pid)).state, "SR")

    def test_running_never_precedes_the_stop(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", "expect stop\n" + daemon("wait-file=" + gate, "stop", "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            open(gate, "w").close()
            host.wait("job", "start/running")

    def test_a_stopped_child_does_not_count(self):
        with UpstartHost() as host:
            host.job("job", "expect stop\nscript\n  %s stop pause\n  true\nend script\n" % DAEMON)
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            main = host.outer_pid(host.status("job").pid)
            child = self.wait_for_stopped_child(host, main)
            self.assert_state(host, "job", "start", "spawned")
            os.kill(main, signal.SIGSTOP)  # who sends it is irrelevant
            host.wait("job", "start/running")
            os.kill(child, signal.SIGKILL)

    def wait_for_stopped_child(self, host, parent):
        return poll_until(lambda: [process.pid for process in host.processes()
                                   if process.ppid == parent and process.state == "T"])[0]

    def test_a_second_stop_is_not_continued(self):
        with UpstartHost() as host:
            host.job("job", "kill timeout 1\nexpect stop\n" + daemon("stop", "stop", "pause"))
            mark = len(host.log())
            host.start("job")
            number, _ = host.wait_log("stopped by STOP signal", mark)
            host.wait_log("stopped by STOP signal", number + 1)
            pid = host.outer_pid(host.status("job").pid)
            self.assertEqual(read_stat(pid).state, "T")
            began = time.monotonic()
            host.stop("job")  # the TERM waits for a CONT that never comes: it takes the KILL
            self.assertGreater(time.monotonic() - began, 0.9)

    def test_without_expect_a_stop_freezes_the_daemon(self):
        with UpstartHost() as host:
            host.job("job", "kill timeout 1\n" + daemon("stop", "pause"))
            self.assertEqual(host.start("job").rc, 0)
            host.wait_log("stopped by STOP signal")
            status = self.assert_state(host, "job", "start", "running")
            self.assertEqual(read_stat(host.outer_pid(status.pid)).state, "T")

    @with_nobody
    def test_setuid_job_works_the_same(self):
        with UpstartHost() as host:
            host.job("job", "setuid nobody\nexpect stop\n" + daemon("stop", "pause"))
            self.assertEqual(host.start("job").rc, 0)

    def test_stop_while_spawned_sends_nothing_and_hangs(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", "expect stop\n" + daemon("wait-file=" + gate, "stop", "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            mark = len(host.log())
            with self.assertRaises(TimeoutError):
                host.stop("job", timeout=0.2)
            self.assert_state(host, "job", "stop", "spawned")
            self.assertFalse([line for line in host.log()[mark:] if line.startswith("Sending")])
            open(gate, "w").close()  # it stops, is continued, and only then gets its TERM
            host.wait("job", "stop/waiting")
            host.wait_log("Sending TERM signal to job main process", mark)

    def test_two_hundred_immediate_stops(self):
        with UpstartHost() as host:
            host.job("job", "expect stop\n" + daemon("stop", "pause"))
            for _ in range(200):
                self.assertEqual(host.start("job").rc, 0)
                self.assertEqual(host.stop("job").rc, 0)

    def test_a_stop_report_is_lost_when_continued_during_a_stall(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", "expect stop\n" + daemon("wait-file=" + gate, "stop", "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            pid = host.outer_pid(host.status("job").pid)
            host.stall()
            os.kill(pid, signal.SIGSTOP)
            self.wait_state(pid, "T")
            with open("/proc/%d/status" % host.pid) as status:
                pending = int(status.read().split("ShdPnd:")[1].split()[0], 16)
            self.assertTrue(pending >> (signal.SIGCHLD - 1) & 1)
            os.kill(pid, signal.SIGCONT)
            self.wait_state(pid, "S")
            host.resume()
            self.assert_state(host, "job", "start", "spawned")
            open(gate, "w").close()  # stopping again recovers it
            host.wait("job", "start/running")

    def wait_state(self, pid, state):
        poll_until(lambda: read_stat(pid).state == state)

    def test_an_idle_pid_1_sleeps_with_nothing_pending(self):
        with UpstartHost() as host:
            host.job("job", "kill timeout 1\n" + daemon("stop", "pause"))
            host.start("job")
            host.wait_log("stopped by STOP signal")
            self.wait_state(host.pid, "S")
            with open("/proc/%d/status" % host.pid) as file:
                status = file.read()
            for line in "ShdPnd", "SigPnd", "SigBlk":
                self.assertEqual(int(status.split(line + ":")[1].split()[0], 16), 0, line)


class ExpectForkTest(Case):
    def tracer(self, host, pid):
        return int(host.proc(pid, "status").split("TracerPid:")[1].split()[0])

    def test_main_is_traced_by_pid_1_until_it_forks(self):
        with UpstartHost() as host:
            begun, gate = os.path.join(host.dir, "begun"), os.path.join(host.dir, "gate")
            host.job("job", "expect fork\n" + daemon("touch=" + begun, "wait-file=" + gate, "fork-exit", "pause"))
            host.start("job", wait=False)
            wait_for_file(begun)    # the state is spawned already before the exec, from which on it is traced
            self.assert_state(host, "job", "start", "spawned")
            first = host.status("job").pid
            self.assertEqual(self.tracer(host, first), host.pid)
            self.assertEqual(host.run(["sed", "-n", "s/TracerPid:[[:space:]]*//p", "/proc/%d/status" % first]).stdout,
                             "1\n")
            open(gate, "w").close()
            host.wait("job", "start/running")
            self.assertNotEqual(host.status("job").pid, first)
            self.assertEqual(self.tracer(host, host.status("job").pid), 0)

    def test_a_daemon_forks_twice(self):
        with UpstartHost() as host:
            host.job("job", "expect daemon\n" + daemon("fork-exit", "fork-exit", "pause"))
            self.assertEqual(host.start("job").rc, 0)
            pid = host.status("job").pid
            self.assertEqual(host.proc(pid, "cmdline").split("\0")[0], DAEMON)
            self.assertEqual(host.stop("job").rc, 0)

    def test_a_helper_forked_first_is_followed(self):
        """expect fork takes the helper for the daemon; stop reaches both by their group."""
        with UpstartHost() as host:
            host.job("job", "expect fork\n" + daemon("fork-child", "pause"))
            self.assertEqual(host.start("job").rc, 0)
            tracked = host.status("job").pid
            others = [process for process in host.processes() if process.inner != tracked]
            self.assertEqual(len(others), 1)
            self.assertEqual(read_stat(host.outer_pid(tracked)).ppid, others[0].pid)
            host.stop("job")

    def test_expect_daemon_hangs_when_only_a_helper_is_forked(self):
        with UpstartHost(check=False) as host:
            host.job("job", "expect daemon\n" + daemon("fork-child", "touch=%s/up" % host.dir, "pause"))
            host.start("job", wait=False)
            host.wait_log("became new process")
            self.assert_state(host, "job", "start", "spawned")
            with self.assertRaises(TimeoutError):
                host.stop("job", timeout=0.2)
            self.assert_state(host, "job", "stop", "spawned")

    def test_a_stop_is_swallowed_while_traced(self):
        with UpstartHost() as host:
            host.job("job", "kill timeout 1\nexpect fork\n" + daemon("stop", "fork-exit", "pause"))
            self.assertEqual(host.start("job").rc, 0)  # but it takes a KILL to end the forked one


class StopTest(Case):
    """Signals: to whom, and when."""

    def test_term_goes_to_the_group_and_to_nobody_else(self):
        with UpstartHost(check=False) as host:
            host.job("job", "script\n  setsid sleep 1001 &\n  sleep 1002 &\n  exec sleep 1003\nend script\n")
            host.start("job")
            self.wait_count(host, 3)
            inside = [process for process in host.processes() if process.comm == "sleep"]
            commands = {self.command(process): process for process in inside}
            fds = {name: os.pidfd_open(process.pid) for name, process in commands.items()}
            self.assertEqual(host.stop("job").rc, 0)
            self.assertTrue(wait_for_end(fds["1002"], 5))
            self.assertTrue(wait_for_end(fds["1003"], 5))
            # who has ended is there until PID 1 has looked, without a command
            self.assertEqual([self.command(process) for process in host.processes() if process.state != "Z"], ["1001"])
            for fd in fds.values():
                os.close(fd)

    def wait_count(self, host, count):
        poll_until(lambda: len([p for p in host.processes() if p.comm == "sleep"]) == count)

    @staticmethod
    def command(process):
        with open("/proc/%d/cmdline" % process.pid) as file:
            return file.read().split("\0")[1]

    def test_kill_follows_after_the_kill_timeout(self):
        with UpstartHost() as host:
            host.job("job", "kill timeout 1\nexpect stop\n" + daemon("on-term=ignore", "stop", "pause"))
            host.start("job")
            began = time.monotonic()
            host.stop("job")
            took = time.monotonic() - began
            self.assertTrue(0.9 < took < 5, took)
            host.wait_log("killed by KILL signal")

    def test_kill_signal_and_reload_signal(self):
        with UpstartHost() as host:
            touched = os.path.join(host.dir, "touched")
            host.job("job", "kill signal INT\nreload signal USR1\nexpect stop\n"
                     + daemon("on-usr1=touch:" + touched, "on-int=exit:0", "stop", "pause"))
            host.start("job")
            self.assertEqual(host.reload("job").rc, 0)
            wait_for_file(touched)      # of two signals that wait, INT comes first
            host.stop("job")
            host.wait_log("Sending INT signal to job main process")

    def test_reload_reaches_main_alone_also_while_spawned(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", "expect stop\n" + daemon("on-hup=exit:0", "wait-file=" + gate, "stop", "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/spawned")
            self.wait_caught(host, host.status("job").pid, signal.SIGHUP)
            self.assertEqual(host.reload("job").rc, 0)
            host.wait("job", "stop/waiting")

    def wait_caught(self, host, pid, signum):
        poll_until(lambda: int(host.proc(pid, "status").split("SigCgt:")[1].split()[0], 16) >> (signum - 1) & 1)


class StagesTest(Case):
    """The processes around main, and respawning."""

    def test_stages_in_their_order(self):
        with UpstartHost() as host:
            trace = os.path.join(host.dir, "trace")
            stages = ("pre-start", "post-start", "pre-stop", "post-stop")
            host.job("job", "".join("%s exec sh -c 'echo %s >> %s'\n" % (stage, stage, trace) for stage in stages)
                     + daemon("pause"))
            host.start("job")
            host.stop("job")
            with open(trace) as file:
                self.assertEqual(file.read().split(), list(stages))

    def test_post_start_is_a_state_of_its_own(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", "expect stop\npost-start exec %s wait-file=%s\n" % (DAEMON, gate) + daemon("stop", "pause"))
            host.start("job", wait=False)
            host.wait("job", "start/post-start")
            self.assertEqual(set(host.status("job").pids), {"main", "post-start"})
            open(gate, "w").close()
            host.wait("job", "start/running")

    def test_a_failing_pre_start_fails_the_job(self):
        with UpstartHost() as host:
            host.job("job", "pre-start exec false\n" + daemon("pause"))
            self.assertEqual(host.start("job"), (1, "start: Job failed to start\n"))

    def test_respawn(self):
        with UpstartHost() as host:
            host.job("job", "respawn\nexpect stop\n" + daemon("stop", "pause"))
            host.start("job")
            first = host.status("job").pid
            mark = len(host.log())
            host.kill(first, signal.SIGKILL)
            number, _ = host.wait_log("job main process ended, respawning", mark)
            host.wait_log("job state changed from post-start to running", number)
            self.assertNotEqual(host.status("job").pid, first)

    def test_respawn_limit(self):
        with UpstartHost() as host:
            host.job("job", "respawn\nrespawn limit 3 60\n" + daemon("exit=1"))
            host.start("job", wait=False)
            host.wait_log("job respawning too fast, stopped")
            host.wait("job", "stop/waiting")
            self.assertEqual(len([line for line in host.log() if "ended, respawning" in line]), 3)

    def test_normal_exit_is_not_respawned(self):
        with UpstartHost() as host:
            host.job("job", "respawn\nnormal exit 0 125 TERM\nexpect stop\n"
                     + daemon("on-usr1=exit:125", "stop", "pause"))
            for signum in (signal.SIGUSR1, signal.SIGTERM):
                host.start("job")
                host.kill(host.status("job").pid, signum)
                host.wait("job", "stop/waiting")

    def test_respawn_without_a_process(self):
        """Upstart's bug: with `respawn` and any `expect`, death in spawned leads to running, empty."""
        for death in "exit=1", "exit=0", "kill=9":
            with self.subTest(death=death), UpstartHost() as host:
                host.job("job", "respawn\nexpect stop\n" + daemon(death))
                result = host.start("job")
                self.assertEqual((result.rc, result.output), (0, "job start/running\n"))
                self.assertIsNone(host.status("job").pid)
                host.wait_log("job main process ended, respawning")

    def test_stop_first_and_exit_afterwards_respawns(self):
        with UpstartHost() as host:
            host.job("job", "respawn\nrespawn limit 2 60\nexpect stop\n" + daemon("stop", "exit=1"))
            host.start("job", wait=False)
            host.wait_log("job respawning too fast, stopped")
            host.wait("job", "stop/waiting")


class SocketTest(Case):
    """The `socket` event and UPSTART_FDS."""

    INET = "start on socket PROTO=inet PORT=%d ADDR=127.0.0.1\n"

    def ask(self, host, family, address):
        """Connects and reads fake-daemon's answer: (descriptor, pid)."""
        with host.connect(family, address) as connection:
            return connection.makefile().readline().split()[1:]

    def ask_inet(self, host, port):
        return self.ask(host, socket.AF_INET, ("127.0.0.1", port))

    def test_each_kind_of_socket(self):
        cases = {
            "inet": ("PROTO=inet PORT=5001 ADDR=127.0.0.1", socket.AF_INET, ("127.0.0.1", 5001),
                     {"PROTO=inet", "PORT=5001", "ADDR=127.0.0.1"}),
            "inet any": ("PROTO=inet PORT=5001", socket.AF_INET, ("127.0.0.1", 5001),
                         {"PROTO=inet", "PORT=5001", "ADDR=0.0.0.0"}),
            "inet6": ("PROTO=inet6 PORT=5002 ADDR=::1", socket.AF_INET6, ("::1", 5002),
                      {"PROTO=inet6", "PORT=5002", "ADDR=::1"}),
            "inet6 any": ("PROTO=inet6 PORT=5002", socket.AF_INET6, ("::1", 5002),
                          {"PROTO=inet6", "PORT=5002", "ADDR=::"}),
            # the bridge wants PATH= and announces SOCKET_PATH=
            "unix": ("PROTO=unix PATH=/run/sock or socket PROTO=unix SOCKET_PATH=/run/sock", socket.AF_UNIX,
                     "/run/sock", {"PROTO=unix", "SOCKET_PATH=/run/sock"}),
            "abstract": ('PROTO=unix PATH=@sock or socket PROTO=unix SOCKET_PATH=""', socket.AF_UNIX,
                         padded("sock"), {"PROTO=unix", "SOCKET_PATH="}),
        }
        for name, (stanza, family, address, expected) in cases.items():
            with self.subTest(kind=name), UpstartHost() as host:
                report = os.path.join(host.dir, "report")
                host.job("job", "start on socket %s\n" % stanza + daemon("report=" + report, "serve"))
                if address == "/run/sock":
                    address = host.path(address)
                fd, pid = self.ask(host, family, address)
                self.assertEqual(int(pid), host.status("job").pid)
                env = set(read_report(report)["env"])
                self.assertLessEqual(expected | {"UPSTART_FDS=" + fd, "UPSTART_EVENTS=socket"}, env)
                self.assertGreaterEqual(int(fd), 9)

    def test_documented_unix_stanzas_do_not_work(self):
        """Upstart's bug."""
        with UpstartHost() as host:
            host.job("one", "start on socket PROTO=unix SOCKET_PATH=/run/sock\n" + daemon("serve"))
            host.wait_log("Ignored socket event with unknown variable SOCKET_PATH in one")
            host.job("two", "start on socket PROTO=unix PATH=/run/sock\n" + daemon("serve"))
            with host.connect(socket.AF_UNIX, host.path("/run/sock")):
                host.wait_log("Handling socket event")
            self.assert_state(host, "two", "stop", "waiting")

    def test_two_sockets_come_as_a_list_with_the_last_address(self):
        with UpstartHost() as host:
            report = os.path.join(host.dir, "report")
            host.job("job", "start on socket PROTO=inet PORT=5001 ADDR=127.0.0.1 and "
                     "socket PROTO=inet PORT=5002 ADDR=127.0.0.1\n" + daemon("report=" + report, "serve"))
            with host.connect(socket.AF_INET, ("127.0.0.1", 5002)) as second:
                host.wait_log("Handling socket event")
                self.assert_state(host, "job", "stop", "waiting")
                first_fd, _ = self.ask_inet(host, 5001)
                second_fd = second.makefile().readline().split()[1]
            env = read_report(report)["env"]
            # in the order of the expression, and so are the variables: PORT is not of the latest event
            self.assertIn("UPSTART_FDS=%s %s" % (first_fd, second_fd), env)
            self.assertIn("UPSTART_EVENTS=socket socket", env)
            self.assertIn("PORT=5002", env)

    def test_pid_1_lets_go_of_the_listener_once_the_job_runs(self):
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("job", self.INET % 5001 + "expect stop\n" + daemon("wait-file=" + gate, "stop", "serve"))
            with host.connect(socket.AF_INET, ("127.0.0.1", 5001)):
                host.wait("job", "start/spawned")
                self.assertEqual(self.listeners(host.pid), 1)
                open(gate, "w").close()
                host.wait("job", "start/running")
                host.status("job")  # answered in a later round
                self.assertEqual(self.listeners(host.pid), 0)

    @staticmethod
    def listeners(pid):
        """How many descriptors of @pid are inherited by its children and are sockets."""
        count = 0
        for name in os.listdir("/proc/%d/fd" % pid):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                with open("/proc/%d/fdinfo/%s" % (pid, name)) as info:
                    flags = int(info.read().split("flags:")[1].split()[0], 8)
                target = os.readlink("/proc/%d/fd/%s" % (pid, name))
                count += target.startswith("socket:") and not flags & os.O_CLOEXEC
        return count

    def test_a_pending_event_leaks_its_listener_to_other_jobs(self):
        """Upstart's bug: everything started meanwhile inherits it, without being told."""
        with UpstartHost() as host:
            gate = os.path.join(host.dir, "gate")
            host.job("slow", self.INET % 5001 + "expect stop\n" + daemon("wait-file=" + gate, "stop", "serve"))
            with host.connect(socket.AF_INET, ("127.0.0.1", 5001)):
                host.wait("slow", "start/spawned")
                report = self.report(host, name="other")
                self.assertFalse([line for line in report["env"] if line.startswith("UPSTART_FDS")])
                self.assertEqual(len([fd for fd in report["fd"] if int(fd.split()[0]) >= 3]), 1, report["fd"])
                open(gate, "w").close()
                host.wait("slow", "start/running")

    def test_respawn_keeps_the_number_but_not_the_descriptor(self):
        with UpstartHost() as host:
            report = os.path.join(host.dir, "report")
            host.job("job", self.INET % 5001 + "respawn\n" + daemon("report=" + report, "serve"))
            self.ask_inet(host, 5001)
            # fake-daemon's serve may not live without its socket: what counts is what it saw
            os.unlink(report)
            mark = len(host.log())
            host.kill(host.status("job").pid, signal.SIGKILL)
            host.wait_log("job main process (", mark)
            wait_for_file(report)
            seen = read_report(report)
            self.assertTrue([line for line in seen["env"] if line.startswith("UPSTART_FDS=")])
            self.assertFalse([fd for fd in seen["fd"] if int(fd.split()[0]) >= 3], seen["fd"])

    def test_respawn_finds_the_listener_of_another_job(self):
        """The dangerous one: the same number is another service's listener now."""
        with UpstartHost() as host:
            gate, report = os.path.join(host.dir, "gate"), os.path.join(host.dir, "report")
            host.job("resp", self.INET % 5001 + "respawn\n" + daemon("report=" + report, "serve"))
            host.job("slow", self.INET % 5002 + "expect stop\n" + daemon("wait-file=" + gate, "stop", "serve"))
            fd, _ = self.ask_inet(host, 5001)
            host.wait("resp", "start/running")  # only now has PID 1 closed its own copy
            with host.connect(socket.AF_INET, ("127.0.0.1", 5002)) as client:
                host.wait("slow", "start/spawned")
                os.unlink(report)
                host.kill(host.status("resp").pid, signal.SIGKILL)
                answer = client.makefile().readline().split()
                self.assertEqual(answer[1], fd)
                self.assertEqual(int(answer[2]), host.status("resp").pid)
                env = read_report(report)["env"]
                self.assertIn("PORT=5001", env)
                open(gate, "w").close()
                host.wait("slow", "start/running")

    def test_manual_start_has_no_sockets(self):
        with UpstartHost() as host:
            report = os.path.join(host.dir, "report")
            host.job("job", self.INET % 5001 + daemon("report=" + report, "pause"))
            host.start("job")
            wait_for_file(report)
            names = {line.split("=")[0] for line in read_report(report)["env"]}
            self.assertFalse(names & {"UPSTART_FDS", "UPSTART_EVENTS", "PROTO", "PORT", "ADDR"})
            os.unlink(report)
            host.restart("job")
            wait_for_file(report)
            self.assertFalse(names & {"UPSTART_FDS", "UPSTART_EVENTS", "PROTO", "PORT", "ADDR"})

    def test_number_9_is_overwritten_by_a_script(self):
        """Upstart's bug."""
        for body, fds in (("exec %s report=%s\n", ["9"]), ("script\n  exec %s report=%s\n  true\nend script\n", [])):
            with self.subTest(fds=fds), UpstartHost() as host:
                report = os.path.join(host.dir, "report")
                host.job("job", self.INET % 5001 + "task\n" + body % (DAEMON, report))
                host.choose_fds(9)
                with host.connect(socket.AF_INET, ("127.0.0.1", 5001)):
                    wait_for_file(report)
                seen = read_report(report)
                self.assertIn("UPSTART_FDS=9", seen["env"])
                self.assertEqual([fd.split()[0] for fd in seen["fd"] if int(fd.split()[0]) >= 3], fds)
                host.wait("job", "stop/waiting")

    def test_stages_around_main(self):
        """pre-start and post-start get the descriptor, pre-stop and post-stop only its number."""
        with UpstartHost() as host:
            def stage(name):
                return "%s exec %s report=%s/%s\n" % (name, DAEMON, host.dir, name)
            stages = {"pre-start": 1, "post-start": 1, "pre-stop": 0, "post-stop": 0}
            host.job("job", self.INET % 5001 + "".join(map(stage, stages)) + daemon("serve"))
            self.ask_inet(host, 5001)
            host.wait("job", "start/running")
            host.stop("job")
            for name, count in stages.items():
                seen = read_report(os.path.join(host.dir, name))
                self.assertEqual(len([fd for fd in seen["fd"] if int(fd.split()[0]) >= 3]), count, name)
                self.assertTrue([line for line in seen["env"] if line.startswith("UPSTART_FDS=")], name)

    def test_after_a_stop_a_new_client_starts_it_again(self):
        with UpstartHost() as host:
            host.job("job", self.INET % 5001 + daemon("serve"))
            _, first = self.ask_inet(host, 5001)
            host.stop("job")
            _, second = self.ask_inet(host, 5001)
            self.assertNotEqual(first, second)

    def test_a_restarted_bridge_cannot_bind_while_the_daemon_lives(self):
        with UpstartHost() as host:
            host.job("job", self.INET % 5001 + daemon("serve"))
            self.ask_inet(host, 5001)
            host.must("bridge", "restart")
            host.wait_log("Failed to bind socket in job: Address already in use")

    def test_the_bridge_can_be_found_and_holds_the_listener(self):
        with UpstartHost() as host:
            host.job("job", self.INET % 5001 + daemon("serve"))
            comms = host.run(["sh", "-c", "cat /proc/[0-9]*/comm"]).stdout.split()
            self.assertIn("upstart-socket-", comms)

    def test_events_with_a_descriptor_of_any_kind(self):
        """What the tests of the bridge use for sockets that upstart-socket-bridge never makes."""
        with UpstartHost() as host, host.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            report = os.path.join(host.dir, "report")
            host.job("job", "start on socket PROTO=udp\ntask\n" + daemon("report=" + report))
            self.assertEqual(host.emit("socket", "PROTO=udp", fd=datagram.fileno()).rc, 0)
            self.assertEqual(len([fd for fd in read_report(report)["fd"] if int(fd.split()[0]) >= 3]), 1)


class EventTest(Case):
    def test_events_match_by_name_place_and_pattern(self):
        cases = (("start on go", ("go",), True), ("start on go X=1", ("go", "X=1"), True),
                 ("start on go X=1", ("go", "X=2"), False), ("start on go X!=1", ("go", "X=2"), True),
                 ("start on go 2*", ("go", "X=23"), True), ("start on (go or come) and go", ("go",), True),
                 ("start on go and come", ("go",), False), ("start on go or come", ("come",), True))
        for stanza, event, starts in cases:
            with self.subTest(stanza=stanza, event=event), UpstartHost() as host:
                host.job("job", stanza + "\n" + daemon("pause"))
                host.emit(*event, wait=False)
                if starts:
                    host.wait("job", "start/running")
                self.assertEqual(host.status("job").goal, "start" if starts else "stop")

    def test_environment_of_the_event(self):
        with UpstartHost() as host:
            report = os.path.join(host.dir, "report")
            host.job("job", "task\nstart on go\n" + daemon("report=" + report))
            host.emit("go", "PATH=/x", "COLOUR=red")
            env = read_report(report)["env"]
            self.assertLessEqual({"PATH=/x", "COLOUR=red", "UPSTART_EVENTS=go"}, set(env))

    def test_jobs_follow_other_jobs(self):
        with UpstartHost() as host:
            host.job("second", "start on started first\nstop on stopping first\n" + daemon("pause"))
            host.job("first", daemon("pause"))
            host.start("first")
            host.wait("second", "start/running")
            host.stop("first")
            self.assert_state(host, "second", "stop", "waiting")

    def test_an_event_fails_with_its_job(self):
        with UpstartHost() as host:
            host.job("job", "task\nstart on go\n" + daemon("exit=1"))
            self.assertEqual(host.emit("go"), (1, "emit: Event failed\n"))


class BusTest(Case):
    def test_jobs_instances_and_properties(self):
        with UpstartHost() as host:
            host.job("hello", 'description "says hello"\nstart on socket PROTO=inet PORT=5003 ADDR=127.0.0.1 and '
                     "(started foo or net-device-up IFACE!=lo)\nexpect stop\n" + daemon("stop", "pause"))
            host.start("hello")
            pid = host.status("hello").pid
            job, instance = UPSTART + "/jobs/hello", UPSTART + "/jobs/hello/_"
            prop = "org.freedesktop.DBus.Properties.Get"
            cases = (
                ((UPSTART, MANAGER + ".GetJobByName", "string:hello"), job),
                ((UPSTART, MANAGER + ".GetJobByName", "string:nosuch"),
                 "Error %s.Error.UnknownJob: Unknown job: nosuch" % MANAGER),
                ((UPSTART, MANAGER + ".GetAllJobs"), "array [ %s ]" % job),
                ((job, MANAGER + ".Job.GetAllInstances"), "array [ %s ]" % instance),
                ((job, MANAGER + ".Job.GetInstanceByName", "string:"), instance),
                ((job, MANAGER + ".Job.GetInstance", "array:string:X=1"), instance),
                ((job, MANAGER + ".Job.GetInstanceByName", "string:x"),
                 "Error %s.Error.UnknownInstance: Unknown instance: x" % MANAGER),
                ((job, prop, "string:%s.Job" % MANAGER, "string:description"), "variant says hello"),
                ((job, prop, "string:%s.Job" % MANAGER, "string:start_on"),
                 "variant array [ array [ socket PROTO=inet PORT=5003 ADDR=127.0.0.1 ] array [ started foo ] "
                 "array [ net-device-up IFACE!=lo ] array [ /OR ] array [ /AND ] ]"),
                ((instance, prop, "string:%s.Instance" % MANAGER, "string:state"), "variant running"),
                ((instance, prop, "string:%s.Instance" % MANAGER, "string:goal"), "variant start"),
                ((instance, prop, "string:%s.Instance" % MANAGER, "string:processes"),
                 "variant array [ struct { main int32 %d } ]" % pid),
                ((UPSTART, prop, "string:" + MANAGER, "string:version"), "variant init (upstart 1.13.2)"),
            )
            for call, expected in cases:
                with self.subTest(call=call):
                    self.assertEqual(self.dbus(host, *call), expected)
            self.assertIn("Error org.freedesktop.DBus.Error.UnknownMethod",
                          self.dbus(host, job + "/x", MANAGER + ".Job.GetAllInstances"))

    def test_paths_are_escaped(self):
        with UpstartHost() as host:
            host.job("a/b.c-d", "instance $I\n" + daemon("pause"))
            host.start("a/b.c-d", "I=x y")
            self.assertEqual(self.dbus(host, UPSTART + "/jobs/a_2fb_2ec_2dd", MANAGER + ".Job.GetAllInstances"),
                             "array [ %s/jobs/a_2fb_2ec_2dd/x_20y ]" % UPSTART)

    def test_others_may_connect_to_the_private_socket_but_not_speak(self):
        with UpstartHost() as host:
            answer = self.dbus(host, UPSTART, MANAGER + ".GetAllJobs", uid=NOBODY)
            self.assertIn("Error org.freedesktop.DBus.Error.NoReply", answer)

    def test_the_peer_is_pid_1(self):
        with UpstartHost() as host, host.connect(socket.AF_UNIX, b"\0/com/ubuntu/upstart") as connection:
            pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            self.assertEqual(pid, host.pid)
            self.assertEqual(host.run(["cat", "/proc/1/comm"]).stdout, "init\n")

    def test_the_system_bus_lets_everybody_read(self):
        with UpstartHost(system_bus=True) as host:
            host.job("hello", daemon("pause"))
            for uid in None, NOBODY:
                self.assertEqual(self.dbus(host, UPSTART, MANAGER + ".GetJobByName", "string:hello", address="system",
                                           uid=uid), UPSTART + "/jobs/hello")
            self.assertIn("AccessDenied", self.dbus(host, UPSTART, MANAGER + ".EmitEvent", "string:x", "array:string:",
                                                    "boolean:false", address="system", uid=NOBODY))
            host.stop_bus()
            self.assertIn("Failed to open connection", self.dbus(host, UPSTART, MANAGER + ".GetAllJobs",
                                                                 address="system"))
            host.start_bus()
            self.assertIn("hello", self.dbus(host, UPSTART, MANAGER + ".GetAllJobs", address="system"))

    def test_hung_bus_accepts_nobody(self):
        with UpstartHost() as host:
            host.hang_bus()
            with host.connect(socket.AF_UNIX, b"\0/com/ubuntu/upstart") as connection:
                connection.sendall(b"\0AUTH EXTERNAL 30\r\n")
                connection.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    connection.recv(100)
                host.answer_bus()
                connection.settimeout(15)
                self.assertTrue(connection.recv(100).startswith(b"OK "))


class HarnessTest(Case):
    """What tests of the bridge ask of the harness itself."""

    def test_leftovers_are_found(self):
        with UpstartHost(check=False) as host:
            host.job("job", "exec setsid --fork sleep 1000\n")
            host.start("job")
            host.wait("job", "stop/waiting")
            poll_until(lambda: [process.comm for process in host.processes()] == ["sleep"])  # it has executed it
            os.mkdir(host.path("/run/cross-init-bridge.1"))
            files, processes = host.leftovers(timeout=0.1)
            self.assertEqual(files, ["cross-init-bridge.1"])
            self.assertEqual([process.comm for process in processes], ["sleep"])
            with self.assertRaises(AssertionError):
                host.assert_clean(timeout=0.1)

    def test_log_messages_go_nowhere_else(self):
        with UpstartHost() as host:
            host.run(["logger", "--tag", "test", "to the log"])
            self.assertIn("to the log", host.syslog("to the log")[-1])
            host.run(["sh", "-c", "echo to the kernel > /dev/kmsg"])
            self.assertEqual(host.kmsg(), "to the kernel\n")
        with UpstartHost(syslog=False) as host:
            self.assertEqual(host.run(["sh", "-c", "test -S /dev/log"]).returncode, 1)

    @with_nobody
    def test_nothing_of_a_host_survives_it(self):
        host = UpstartHost(system_bus=not programs.missing("dbus-daemon"), check=False)
        host.job("job", "start on socket PROTO=inet PORT=5001\nexec setsid --fork sleep 1000\n")
        host.start("job")
        host.wait("job", "stop/waiting")
        host.session(NOBODY).job("job", daemon("pause"))
        pidfds = [os.pidfd_open(process.pid) for process in host.processes()]
        host.close(check=False)
        for pidfd in pidfds:
            self.assertTrue(wait_for_end(pidfd, 5))
            os.close(pidfd)
        self.assertFalse(os.path.exists(host.dir))


class SessionTest(Case):
    @with_nobody
    def test_a_session_init_is_the_parent_and_names_itself(self):
        with UpstartHost() as host:
            session = host.session(NOBODY, env={"COLOUR": "green"})
            report = os.path.join(session.dir, "report")
            session.job("job", "expect stop\n" + daemon("report=" + report, "stop", "pause"))
            self.assertEqual(session.start("job").rc, 0)
            seen = read_report(report)
            self.assertEqual(seen["ppid"], [str(session.inner_pid)])
            self.assertEqual(seen["uid"], ["65534 65534"])
            self.assertLessEqual({"COLOUR=green", "UPSTART_JOB=job", "UPSTART_SESSION=" + session.address},
                                 set(seen["env"]))
            answer = self.dbus(host, UPSTART, MANAGER + ".GetAllJobs", address=session.address, uid=NOBODY)
            self.assertEqual(answer, "array [ %s/jobs/job ]" % UPSTART)
            self.assertIn("NoReply", self.dbus(host, UPSTART, MANAGER + ".GetAllJobs", address=session.address,
                                               uid=12345))
            session.stop("job")

    def test_two_hosts_do_not_see_each_other(self):
        with UpstartHost() as one, UpstartHost() as two:
            one.job("job", "start on socket PROTO=inet PORT=5001\n" + daemon("serve"))
            two.job("job", "start on socket PROTO=inet PORT=5001\n" + daemon("serve"))
            with one.connect(socket.AF_INET, ("127.0.0.1", 5001)) as connection:
                connection.makefile().readline()
            self.assert_state(one, "job", "start", "running")
            self.assert_state(two, "job", "stop", "waiting")


if __name__ == "__main__":
    tap.main()
