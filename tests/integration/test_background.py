# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""-i forking: we leave with 0 when the daemon is ready, its process ID in a file.

The test is the init script, and who adopts orphans. What it sees is what start-stop-daemon, monit or a
person sees: an exit status, a file, and a process.
"""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

import own_run
import tap
from background_case import BRIDGE, DAEMON, FOREVER, PATIENCE_S, TARGETS, BackgroundCase, until
from systemd_case import BRIDGE as UNIT_BRIDGE
from systemd_case import DAEMON as UNIT_DAEMON
from systemd_case import SystemdTestCase
from upstart_case import stays


class BackgroundTest(BackgroundCase):
    def test_exit_0_is_readiness_for_each_target(self):
        for target in TARGETS:
            with self.subTest(target):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.mark)
                status, said = self.run_it(self.command(target, *self.says(target), FOREVER,
                                                        options=("--job=d",) * (target == "upstart")))
                self.assertEqual((status, said), (0, ""))
                pid = self.pid()
                self.assertEqual(os.getsid(pid), pid)
                self.assertEqual(os.stat(self.pid_file).st_mode & 0o7777, 0o644)
                os.kill(pid, signal.SIGTERM)
                self.reap_all()

    def test_standard_output_can_be_let_go_of(self):
        run = subprocess.run(self.command("systemd", "notify=READY=1", FOREVER, options=("--stdio=null",)),
                             capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        for fd in range(3):
            self.assertEqual(os.readlink("/proc/%d/fd/%d" % (self.pid(), fd)), "/dev/null")
        os.kill(self.pid(), signal.SIGTERM)
        self.reap_all()

    def test_what_is_said_before_that_is_seen(self):
        for target in TARGETS:
            with self.subTest(target):
                command = self.command(target, options=("--stdio=null",))
                status, said = self.run_it([*command[:command.index(DAEMON)], "/nonexistent"])
                self.assertEqual(status, 127)
                self.assertRegex(said, r"cross-init-bridge: cannot execute '/nonexistent': .*\n\Z")

    def test_one_that_goes_there_by_itself_can_let_go_of_it(self):
        command = [BRIDGE, "-i", "forking", "-t", "forking", "--stdio=null", "--", DAEMON]
        run = subprocess.run([*command, "fork-exit", "setsid", "pid-file=" + self.pid_file, "pause"],
                             capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        until(lambda: os.path.exists(self.pid_file) and os.path.getsize(self.pid_file), "pid file")
        with open(self.pid_file) as file:
            pid = int(file.read())
        for fd in range(3):
            self.assertEqual(os.readlink("/proc/%d/fd/%d" % (pid, fd)), "/dev/null")
        os.kill(pid, signal.SIGTERM)
        os.unlink(self.pid_file)
        self.reap_all()
        status, said = self.run_it([*command[:-1], "/nonexistent"])
        self.assertEqual(status, 127)
        self.assertIn("cannot execute '/nonexistent'", said)

    def test_not_before_it_is_ready(self):
        gate = os.path.join(self.directory, "gate")
        process = subprocess.Popen(self.command("systemd", "touch=" + self.mark, "wait-file=" + gate,
                                                "notify=READY=1", FOREVER))
        until(lambda: os.path.exists(self.mark), "daemon")
        self.assertIsNone(process.poll())
        self.assertFalse(os.path.exists(self.pid_file))
        with open(gate, "w"):
            pass
        self.assertEqual(process.wait(PATIENCE_S), 0)
        os.kill(self.pid(), signal.SIGTERM)
        self.reap_all()

    def test_an_end_before_it_is_ours(self):
        for target in ("systemd", "upstart", "s6"):
            for action, status in (("exit=3", 3), ("exit=0", 0), ("kill=usr1", -signal.SIGUSR1)):
                with self.subTest(target, action=action):
                    found, _ = self.run_it(self.command(target, action))
                    self.assertEqual(found, status)
                    self.reap_all()

    def test_a_start_that_takes_too_long_is_ended(self):
        status, said = self.run_it(self.command("systemd", FOREVER, options=("--start-timeout=1",)))
        self.assertEqual(status, -signal.SIGTERM)
        self.assertIn("has not sent READY=1 within 1 s (--start-timeout)", said)
        self.reap_all()

    def test_a_start_that_takes_too_long_is_ended_for_each_target(self):
        for target, options in (("upstart", ("--job=d",)), ("s6", ()), ("condition", ()), ("systemd", ("--supervise",))):
            deaf = target == "upstart"
            with self.subTest(target, options=options):
                status, said = self.run_it(self.command(target, *(["on-term=ignore"] if deaf else []), FOREVER,
                                                        options=("--start-timeout=2", *options)))
                self.assertEqual(status, -signal.SIGKILL if deaf else -signal.SIGTERM, said)
                self.assertIn("--start-timeout", said)
                self.assertNotIn("has been killed", said)
                self.reap_all()

    def test_an_interrupted_start_ends_the_daemon(self):
        for name in ("TERM", "INT", "HUP"):
            with self.subTest(name):
                number = getattr(signal, "SIG" + name)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.mark)
                process = subprocess.Popen(self.command("systemd", "touch=" + self.mark, FOREVER))
                until(lambda: os.path.exists(self.mark), "daemon")
                process.send_signal(number)
                self.assertEqual(process.wait(PATIENCE_S), -number)
                self.reap_all()

    def test_what_is_no_interruption(self):
        """A person stops us and goes on, or changes the window; one who has ignored a hangup goes home."""
        for name, ignored in (("TSTP", False), ("TTIN", False), ("TTOU", False), ("WINCH", False), ("URG", False),
                              ("HUP", True), ("INT", True), ("QUIT", True), ("USR1", True)):
            with self.subTest(name, ignored=ignored), tempfile.TemporaryFile() as said:
                number = getattr(signal, "SIG" + name)
                gate, up = (os.path.join(self.directory, "%s-%s" % (word, name)) for word in ("gate", "up"))
                command = self.command("systemd", "touch=" + up, "wait-file=" + gate, "notify=READY=1", FOREVER)
                # In a group of its own: the kernel takes no SIGTSTP in one whose parents are all of another session, as meson's.
                process = subprocess.Popen(["env", "--ignore-signal=" + name] * ignored + command, stderr=said,
                                           preexec_fn=os.setpgrp)
                until(lambda up=up: os.path.exists(up), "daemon")
                process.send_signal(number)
                if name in ("TSTP", "TTIN", "TTOU"):
                    self.assertTrue(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]))
                    process.send_signal(signal.SIGCONT)
                with open(gate, "w"):
                    pass
                self.assertEqual(process.wait(PATIENCE_S), 0)
                said.seek(0)
                self.assertEqual(said.read(), b"")
                self.end()

    def test_an_interrupted_start_is_no_success(self):
        """However politely the daemon ends; and what is an interruption to us may be a reload to it."""
        for target, options in (("systemd", ()), ("systemd", ("--supervise",)), ("upstart", ("--job=d",)), ("s6", ())):
            for name in ("TERM", "INT", "HUP", "QUIT"):
                with self.subTest(target, signal=name, options=options):
                    number = getattr(signal, "SIG" + name)
                    up = os.path.join(self.directory, "up")
                    actions = ["on-%s=ignore" % word for word in ("hup", "int", "quit")]
                    process = subprocess.Popen(self.command(target, *actions, "on-term=exit:0", "touch=" + up, FOREVER,
                                                            options=options), stderr=subprocess.PIPE, text=True)
                    until(lambda up=up: os.path.exists(up), "daemon")
                    process.send_signal(number)
                    said = process.communicate(timeout=PATIENCE_S)[1]
                    self.assertEqual(process.returncode, -number, said)
                    self.assertNotIn("killed", said)
                    self.reap_all()
                    os.unlink(up)

    def test_a_start_that_is_given_up_is_no_success(self):
        for target, options in (("upstart", ("--job=d",)), ("s6", ()), ("condition", ()), ("systemd", ()),
                                ("systemd", ("--supervise",))):
            with self.subTest(target, options=options):
                status, said = self.run_it(self.command(target, "on-term=exit:0", FOREVER,
                                                        options=("--start-timeout=1", *options)))
                self.assertEqual(status, 125, said)
                self.assertIn("--start-timeout", said)
                self.reap_all()

    def test_a_second_start_is_refused(self):
        self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", FOREVER))[0], 0)
        pid = self.pid()
        status, said = self.run_it(self.command("systemd", "notify=READY=1", FOREVER))
        self.assertEqual(status, 125)
        self.assertIn("process %d, which %s names, is running" % (pid, self.pid_file), said)
        self.assertEqual(self.pid(), pid)
        os.kill(pid, signal.SIGTERM)
        self.reap_all()

    def test_a_second_start_is_refused_however_old_the_first_is(self):
        """The times of /proc/PID are of when it was looked at first, or again."""
        try:
            drop = open("/proc/sys/vm/drop_caches", "w")
        except OSError as error:
            self.skipTest("cannot make the kernel forget: %s" % error)
        self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", FOREVER))[0], 0)
        os.utime(self.pid_file, (time.time() - 1000,) * 2)
        with drop:
            drop.write("2\n")
        self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", FOREVER))[0], 125)
        self.end()

    def test_a_second_start_is_refused_when_only_the_daemon_is_left(self):
        """Whoever stays beside it holds the lock; then it is the process that counts."""
        self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", FOREVER))[0], 0)
        pid = self.pid()
        while others := [child for child in self.children() if child != pid]:  # and who closes something for it
            for other in others:
                os.kill(other, signal.SIGKILL)
                os.waitpid(other, 0)
        status, said = self.run_it(self.command("systemd", "notify=READY=1", FOREVER))
        self.assertEqual((status, self.pid()), (125, pid), said)
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        status, said = self.run_it(self.command("systemd", "notify=READY=1", FOREVER))
        self.assertEqual(status, 0, said)
        self.end()
        self.tidy_up()

    def test_a_number_that_is_another_processs_by_now_is_replaced(self):
        stranger = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        with open(self.pid_file, "w") as file:
            file.write("%d\n" % stranger.pid)
        os.utime(self.pid_file, (time.time() - 1000,) * 2)
        self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", FOREVER))[0], 0)
        os.kill(self.pid(), signal.SIGTERM)
        stranger.kill()
        self.reap_all()

    def test_a_stranger_in_the_file_is_no_daemon(self):
        """However new the file is; but one of the same program may be one that was started otherwise."""
        script = os.path.join(self.directory, "service")
        with open(script, "w") as file:
            file.write("#!/bin/sh\nread line\n")
        os.chmod(script, 0o755)
        shutil.copy("/bin/sleep", self.directory + "/leader")
        for words, how, program, is_refused in ((["sleep", "1000"], {}, DAEMON, False), ([DAEMON, "pause"], {}, DAEMON, True),
                                                ([self.directory + "/leader", "1000"], {"start_new_session": True}, DAEMON, True),
                                                ([script], {}, script, True), (["sleep", "1000"], {}, script, False)):
            with self.subTest(words=words, program=program):
                with subprocess.Popen(words, stdin=subprocess.PIPE, **how) as other:
                    until(lambda pid=other.pid, name=os.path.basename(words[0]): self.comm(pid) == name[:15], "execve(2)")
                    with open(self.pid_file, "w") as file:
                        file.write("%d\n" % other.pid)
                    actions = ["notify=READY=1", FOREVER] if program == DAEMON else []
                    command = self.command("systemd", *actions, options=("--start-timeout=10",))
                    command[command.index(DAEMON)] = program
                    status, said = self.run_it(command)
                    alive = other.poll() is None
                    other.kill()
                self.assertTrue(alive)
                if is_refused:
                    self.assertEqual(status, 125)
                    self.assertIn("process %d, which %s names, is running" % (other.pid, self.pid_file), said)
                    os.unlink(self.pid_file)
                elif program == DAEMON:
                    self.assertEqual(status, 0, said)
                    self.end()
                else:   # it reads to the end of what we read, and ends
                    self.assertNotEqual(status, 125, said)
                    self.reap_all()

    @staticmethod
    def comm(pid):
        with open("/proc/%d/comm" % pid) as file:
            return file.read().strip()

    def test_a_full_file_system_is_seen_before_the_start(self):
        place = os.path.join(self.directory, "full")
        os.mkdir(place, 0o755)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=755", "full", place],
                          stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("cannot mount")
        try:
            with open(place + "/filler", "wb") as file:
                file.write(b"x" * 4096)
            command = self.command("systemd", "touch=" + self.mark, "notify=READY=1", FOREVER)
            command[3] = "--pidfile=%s/pid" % place
            status, said = self.run_it(command)
            self.assertEqual(status, 125)
            self.assertIn("--pidfile: cannot write %s/pid.cross-init-bridge: No space left on device" % place, said)
            self.assertFalse(os.path.exists(self.mark))
            self.assertEqual(os.listdir(place), ["filler"])
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
            status, said = self.run_it(command)
            self.assertEqual(status, 125)
            self.assertIn("Read-only file system", said)
            self.assertFalse(os.path.exists(self.mark))
        finally:
            subprocess.run(["umount", place], check=True)

    def test_two_starts_at_once(self):
        """One has the place; the others say who, and start nothing."""
        for target in ("systemd", "upstart"):
            with self.subTest(target):
                gate = os.path.join(self.directory, "gate-" + target)
                command = self.command(target, "touch=" + self.mark, "wait-file=" + gate, *self.says(target), FOREVER,
                                       options=("--job=d",) * (target == "upstart"))
                starts = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(6)]
                until(lambda starts=starts: sum(start.poll() is not None for start in starts) == 5, "refusals")
                winner, = (start for start in starts if start.poll() is None)
                for start in starts:
                    if start is not winner:
                        self.assertEqual(start.returncode, 125)
                        said = start.stderr.read()
                        self.assertIn("process %d is starting the daemon of %s" % (winner.pid, self.pid_file), said)
                    start.stderr.close()
                with open(gate, "w"):
                    pass
                self.assertEqual(winner.wait(PATIENCE_S), 0)
                with open(self.mark) as file:
                    self.assertEqual(len(file.readlines()), 1)
                os.unlink(self.mark)
                self.end()

    def test_a_killed_launcher_ends_the_daemon(self):
        """Nobody would hear that it is ready, nor which process it is."""
        for target, options in (("systemd", ()), ("systemd", ("--supervise",)), ("upstart", ("--job=d",)), ("s6", ()),
                                ("condition", ())):
            for deaf in (False, True) if target == "upstart" else (False,):
                with self.subTest(target, options=options, deaf=deaf):
                    up = os.path.join(self.directory, "up")
                    command = self.command(target, *(["on-term=ignore"] if deaf else []), "touch=" + up, FOREVER,
                                           options=options)
                    process = subprocess.Popen(command, stderr=subprocess.PIPE)
                    until(lambda up=up: os.path.exists(up), "daemon")
                    process.kill()
                    self.assertIn(b"who waited for the daemon in the foreground has been killed",
                                  process.communicate(timeout=PATIENCE_S)[1])
                    os.unlink(up)
                    self.reap_all()
                    self.assertEqual(os.listdir(self.directory), [])

    def test_a_daemon_that_ends_as_soon_as_it_is_ready(self):
        """Either it was ready, or this is its status; and there is no file that names nobody."""
        for target in ("systemd", "condition"):
            for _ in range(20):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.mark)
                status, _ = self.run_it(self.command(target, *self.says(target), "exit=3"))
                self.assertIn(status, (0, 3))
                self.reap_all()

    def test_a_file_that_cannot_be_written(self):
        for target, options in (("systemd", ()), ("systemd", ("--supervise",)), ("upstart", ("--job=d",))):
            with self.subTest(target, options=options):
                gate, up = (os.path.join(self.directory, name) for name in ("gate", "up"))
                process = subprocess.Popen(self.command(target, "touch=" + up, "wait-file=" + gate, *self.says(target),
                                                        FOREVER, options=options), stderr=subprocess.PIPE, text=True)
                until(lambda up=up: os.path.exists(up), "daemon")
                os.mkdir(self.pid_file)
                with open(gate, "w"):
                    pass
                said = process.communicate(timeout=PATIENCE_S)[1]
                self.assertEqual(process.returncode, 125, said)
                self.assertIn("--pidfile: cannot write %s, ending the daemon" % self.pid_file, said)
                os.rmdir(self.pid_file)
                self.reap_all()
                os.unlink(gate)
                os.unlink(up)
                self.assertEqual(os.listdir(self.directory), [])

    def test_another_main_process_is_in_the_file(self):
        """MAINPID=, which only --supervise follows."""
        self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", "fork-main-stay", FOREVER,
                                                  options=("--supervise", "--notify-access=all")))[0], 0)
        first = self.children()
        until(lambda: self.pid() not in first, "another process")
        with open("/proc/%d/comm" % self.pid()) as file:
            self.assertEqual(file.read(), "fake-daemon\n")
        self.end()

    def test_what_an_earlier_life_left_is_replaced(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        for left in ("%d\n" % ended.pid, "", "nonsense\n"):
            with self.subTest(left):
                with open(self.pid_file, "w") as file:
                    file.write(left)
                self.assertEqual(self.run_it(self.command("systemd", "notify=READY=1", FOREVER))[0], 0)
                os.kill(self.pid(), signal.SIGTERM)
                self.reap_all()

    def test_a_bad_place_is_refused(self):
        def link():
            os.symlink("/etc/passwd", self.pid_file)

        def directory():
            os.mkdir(self.pid_file)

        def open_to_all():
            os.chmod(self.directory, 0o777)

        for make, word in ((link, "not a regular file"), (directory, "not a regular file"),
                           (open_to_all, "others may write to the directory")):
            with self.subTest(make.__name__):
                make()
                status, said = self.run_it(self.command("systemd", "touch=" + self.mark))
                self.assertEqual(status, 125)
                self.assertIn(word, said)
                self.assertFalse(os.path.exists(self.mark))
                if os.path.islink(self.pid_file):
                    os.unlink(self.pid_file)
                elif os.path.isdir(self.pid_file):
                    os.rmdir(self.pid_file)

    def test_words_that_do_not_go_together_are_refused(self):
        for words, word in ((["-i", "forking", "-t", "systemd", "-N"], "add --pidfile=PATH"),
                            (["-i", "forking", "--pidfile=/run/x", "-t", "systemd"], "add one of them"),
                            (["-i", "forking", "--pidfile=x", "-t", "systemd", "-N"], "not an absolute path"),
                            (["-i", "none", "--pidfile=/run/x", "-t", "systemd"], "only with -i forking")):
            with self.subTest(" ".join(words)):
                status, said = self.run_it([BRIDGE, *words, "--", DAEMON])
                self.assertEqual(status, 125)
                self.assertIn(word, said)

    def test_a_killed_babysitter_ends_the_start(self):
        process = subprocess.Popen(self.command("systemd", "touch=" + self.mark, FOREVER), stderr=subprocess.PIPE)
        until(lambda: os.path.exists(self.mark), "daemon")

        def babysitters():
            found = []
            for name in os.listdir("/proc"):
                with contextlib.suppress(OSError):
                    with open("/proc/%s/stat" % name) as file:
                        stat = file.read()
                    if stat.partition("(")[2].startswith("cross-init-brid") and \
                            int(stat.rpartition(")")[2].split()[1]) == os.getpid() and int(name) != process.pid and stays(int(name)):
                        found.append(int(name))
            return found
        until(babysitters, "babysitter")
        os.kill(babysitters()[0], signal.SIGKILL)
        self.assertIn(b"the babysitter has been killed", process.communicate(timeout=PATIENCE_S)[1])
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.tidy_up()
        self.reap_all()


class OnSystemd(SystemdTestCase):
    def test_type_forking(self):
        self.host.service("x", UNIT_BRIDGE, "-i", "forking", "--pidfile=/run/x.pid", "-t", "systemd", "-N", "--",
                          UNIT_DAEMON, "notify=READY=1", FOREVER, Type="forking", PIDFile="/run/x.pid")
        self.assert_started("x.service")
        self.assertEqual(self.main_process("x.service").name, "fake-daemon")
        self.host.systemctl("stop", "x.service")
        self.assertFalse(self.host.exists("/run/x.pid"))


del BackgroundCase, SystemdTestCase

if __name__ == "__main__":
    own_run.enter()
    tap.main()
