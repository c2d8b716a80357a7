# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--ready-file: there exactly while the daemon is ready, whoever ends whom; and never somebody else's.

The test is the host, and whoever looks at the file.
"""
import contextlib
import fcntl
import os
import signal
import socket
import subprocess

import own_run
import programs
import tap
from test_forking import StartedHere, is_alive, until
from upstart_case import NOBODY, stays

BRIDGE = os.environ["CIB"]
DAEMON = os.environ["CIB_FAKE_DAEMON"]
PATIENCE_S = 20

# name -> (options, what the daemon does until it is ready)
TARGETS = {
    "systemd": (["-t", "systemd", "-N"], ["notify=READY=1"]),
    "systemd, supervised": (["-t", "systemd", "-N", "--supervise"], ["notify=READY=1"]),
    "s6": (["-t", "s6", "-N", "--daemon-fd=7"], ["put=7:\\n"]),
    "s6, supervised": (["-t", "s6", "-N", "--daemon-fd=7", "--supervise"], ["put=7:\\n"]),
    "upstart": (["-t", "upstart", "-N", "--job=web"], ["stop"]),
    "forking": (["-t", "forking", "-N", "--daemon-pidfile={dir}/pid"], ["fork-exit", "setsid", "pid-file={dir}/pid"]),
    "condition": (["-t", "systemd", "--ready-when=path:{dir}/mark"], ["touch={dir}/mark"]),
}


class ReadyFile(StartedHere):
    def begin(self, *words, options=("-t", "systemd", "-N"), ready=None, **how):
        """What is not an option is the daemon's."""
        self.process = subprocess.Popen([BRIDGE, "-i", "none", "--ready-file=" + (ready or self.ready), *options, "--", *words],
                                        stderr=self.said, start_new_session=True, **how)
        return self.process

    def begin_ready(self, *words, **how):
        process = self.begin(DAEMON, "notify=READY=1", *words, "pause", **how)
        self.until_ready()
        return process

    def begin_refused(self, *words, **how):
        self.assertEqual(self.begin(*(words or [DAEMON]), **how).wait(PATIENCE_S), 125, self.output())
        return self.output()

    def until_gone(self):
        until(lambda: not os.path.lexists(self.ready), "end of the ready file")

    def until_new(self, earlier):
        def is_new():
            with contextlib.suppress(FileNotFoundError):
                return not os.path.samestat(os.stat(self.ready), earlier)
            return False
        until(is_new, "new ready file")
        self.assertEqual(self.output(), "")

    def babysitters(self):
        """Of ours, which come to us, and are called so when the daemon is not any more."""
        def comm(pid):
            with open("/proc/%d/comm" % pid) as file:
                return file.read().strip()
        return [pid for pid in self.children() if is_alive(pid) and comm(pid) == "cross-init-brid" and
                pid != self.process.pid and stays(pid)]

    def assert_said(self, *lines):
        """What a babysitter says comes by a process of its own."""
        until(lambda: self.output().count("\n") >= len(lines), "message")
        self.assertEqual(self.output(), "".join("cross-init-bridge: --ready-file: %s\n" % line for line in lines))

    def forget_said(self):
        self.said.seek(0)
        self.said.truncate()

    # -- when

    def test_it_is_gone_whatever_ends_the_daemon(self):
        for name, (options, actions) in TARGETS.items():
            for number in 0, signal.SIGTERM, signal.SIGKILL:
                with self.subTest(name, number=number):
                    words = [word.format(dir=self.directory) for word in [*options, "--", *actions]]
                    at = words.index("--")
                    self.begin(DAEMON, "on-usr1=exit:3", *words[at + 1:], "pause", options=words[:at])
                    self.until_ready()
                    self.process.send_signal(number or signal.SIGUSR1)
                    self.assertEqual(self.process.wait(PATIENCE_S), -number if number else 3)
                    self.until_gone()
                    self.assertEqual(self.output(), "")
                    for path in self.path("pid"), self.path("mark"):
                        if os.path.exists(path):
                            os.unlink(path)

    def test_it_is_gone_when_the_daemon_is_about_to_stop(self):
        self.begin(DAEMON, "on-term=notify:STOPPING=1", "notify=READY=1", "pause")
        self.until_ready()
        self.process.terminate()
        self.until_gone()
        self.assertIsNone(self.process.poll())

    def test_one_of_an_earlier_life_is_gone_before_anything_is_waited_for(self):
        self.mark("ready")
        self.begin(DAEMON, "notify=READY=1", "pause", options=["-t", "systemd", "-N", "--wait-for=path:" + self.path("mark")])
        self.until_gone()
        self.mark("mark")
        self.until_ready()

    def test_nor_is_it_there_when_there_is_nothing_to_start(self):
        self.mark("ready")
        self.assertEqual(self.begin(self.path("nothing")).wait(PATIENCE_S), 127)
        self.assertFalse(os.path.exists(self.ready))

    def test_it_is_empty_and_anybody_may_see_it(self):
        self.begin_ready(preexec_fn=lambda: os.umask(0o077))
        st = os.stat(self.ready)
        self.assertEqual((st.st_size, st.st_mode, st.st_nlink), (0, 0o100644, 1))

    def test_a_babysitter_that_was_killed_leaves_it_to_the_next_start(self):
        self.begin_ready()
        os.kill(until(self.babysitters, "babysitter")[0], signal.SIGKILL)
        self.stop_first()
        self.assertTrue(os.path.exists(self.ready))
        self.begin(DAEMON, "pause")
        self.until_gone()

    def stop_first(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def test_a_next_life_that_comes_at_once_is_not_refused(self):
        for _ in range(20):
            self.begin_ready()
            self.stop_first()
        self.assertEqual(self.output(), "")

    # -- whose

    def test_a_second_service_is_refused_and_the_first_keeps_its_file(self):
        first = self.begin_ready()
        owner = os.stat(self.ready)
        self.assertRegex(self.begin_refused(), r"\Across-init-bridge: --ready-file: %s is that of another daemon, which is ready "
                         r"\(process \d+ looks after it\): name another, or stop that one first\n\Z" % self.ready)
        self.assertTrue(os.path.samestat(os.stat(self.ready), owner))
        first.kill()
        first.wait(PATIENCE_S)
        self.begin_ready()

    def test_of_two_that_start_at_once_the_one_that_is_ready_first_has_it(self):
        words = "touch={0}/up-{1} wait-file={0}/gate-{1} notify=READY=1 barrier touch={0}/told-{1} pause"
        processes = [self.begin(DAEMON, *words.format(self.directory, number).split()) for number in range(2)]
        for number in range(2):
            until(lambda: os.path.exists(self.path("up-%d" % number)), "daemon")
        for number in range(2):
            self.mark("gate-%d" % number)
            until(lambda: os.path.exists(self.path("told-%d" % number)), "readiness")
        self.assert_said("cannot make %s: File exists" % self.ready)
        processes[1].kill()
        processes[1].wait(PATIENCE_S)
        until(lambda: len(self.babysitters()) == 1, "end of the second one's babysitter")
        self.assertTrue(os.path.exists(self.ready))

    def test_a_reader_of_it_is_nobody(self):
        """Whoever may read it could have a lock on it."""
        self.mark("ready")
        child = os.fork()
        if child == 0:
            with open(self.ready) as file:
                fcntl.lockf(file, fcntl.LOCK_SH)
                self.mark("locked")
                signal.pause()
        until(lambda: os.path.exists(self.path("locked")), "lock")
        earlier = os.stat(self.ready)
        self.begin(DAEMON, "notify=READY=1", "pause")
        self.until_new(earlier)

    def test_what_is_in_its_place_is_left_alone(self):
        made = {
            "a file that is not empty": lambda path: self.write(path, "x"),
            "a link": lambda path: os.symlink(self.path("target"), path),
            "a link to nothing": lambda path: os.symlink(self.path("none"), path),
            "a directory": os.mkdir,
            "a FIFO": os.mkfifo,
            "a socket": lambda path: socket.socket(socket.AF_UNIX).bind(path),
        }
        if os.geteuid() == 0:
            made["another user's"] = lambda path: (self.write(path, ""), os.chown(path, NOBODY, NOBODY))
            made["a device"] = lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 3))
        self.mark("target")
        for number, (what, make) in enumerate(made.items()):
            with self.subTest(what):
                path = self.path("place%d" % number)
                make(path)
                before = os.lstat(path)
                self.forget_said()
                self.begin_refused(ready=path)
                self.assert_said("%s is there, and is not an empty file of our user: name another" % path)
                self.assertTrue(os.path.samestat(os.lstat(path), before))
        self.assertTrue(os.path.exists(self.path("target")))

    @staticmethod
    def write(path, text):
        with open(path, "w") as file:
            file.write(text)

    def test_another_name_of_it_is_left_alone(self):
        self.mark("other")
        os.link(self.path("other"), self.ready)
        self.begin(DAEMON, "notify=READY=1", "pause")
        self.until_new(os.stat(self.path("other")))

    def test_what_has_come_into_its_place_is_left_alone(self):
        """Also if it has got the number of the file that was there, as on some file systems."""
        for _ in range(5):
            self.begin_ready()
            os.unlink(self.ready)
            self.mark("ready")
            self.stop_first()
            until(lambda: not self.babysitters(), "end of the babysitter")
            self.assertTrue(os.path.exists(self.ready))

    def test_what_is_made_there_meanwhile_is_not_taken_for_it(self):
        self.begin(DAEMON, "touch=" + self.path("up"), "wait-file=" + self.path("gate"), "notify=READY=1", "barrier",
                   "touch=" + self.path("told"), "pause")
        until(lambda: os.path.exists(self.path("up")), "daemon")
        os.symlink(self.path("target"), self.ready)
        self.mark("gate")
        until(lambda: os.path.exists(self.path("told")), "readiness")
        self.assert_said("cannot make %s: File exists" % self.ready)
        self.assertFalse(os.path.exists(self.path("target")))
        self.stop_first()
        self.assertTrue(os.path.islink(self.ready))

    # -- where

    def test_a_place_where_nothing_can_be_made_is_told_at_once(self):
        self.mark("file")
        rows = {
            self.path("file") + "/ready": "cannot make %s: Not a directory",
            self.path("new/"): "%s is the name of a directory: add a file's",
        }
        if own_run.is_own():
            os.mkdir("/run/ro")
            subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "ro", "/run/ro"], check=True)
            self.addCleanup(subprocess.run, ["umount", "/run/ro"], check=True)
            rows["/run/ro/ready"] = "cannot make %s: Read-only file system"
        for path, line in rows.items():
            with self.subTest(path):
                self.forget_said()
                self.begin_refused(ready=path)
                self.assert_said(line % path)

    def test_a_user_who_may_not_make_it_is_told_at_once(self):
        programs.need_reach(BRIDGE, NOBODY)
        os.chmod(self.directory, 0o755)
        self.begin_refused(user=NOBODY, group=NOBODY, extra_groups=[])
        self.assert_said("cannot make %s: Permission denied" % self.ready)

    def test_a_directory_that_all_may_write_to(self):
        programs.need_reach(BRIDGE, NOBODY)
        os.chmod(self.directory, 0o1777)
        self.begin_ready(user=NOBODY, group=NOBODY, extra_groups=[])
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.until_gone()
        self.assertEqual(self.output().count("\n"), 0, self.output())

    def test_a_directory_that_the_daemon_makes(self):
        path = self.path("made/ready")
        self.begin("sh", "-c", 'mkdir "$0"; exec "$@"', self.path("made"), DAEMON, "notify=READY=1", "pause", ready=path)
        until(lambda: os.path.exists(path), "ready file")
        self.assert_said("there is no directory %s: unless the daemon makes it, nobody will see that it is ready" %
                         self.path("made/"))


del StartedHere

if __name__ == "__main__":
    own_run.enter()
    tap.main()
