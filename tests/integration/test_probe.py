# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""--probe: what daemons of each kind are found to speak, and that nothing of them stays.

The daemons are a script with a way to speak as its word, and real ones where they are installed. What is
printed to paste is put through --check.
"""
import concurrent.futures
import contextlib
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import namespaces
import programs
import tap
from upstart_host import poll_until

BRIDGE = os.environ["CIB"]
PYTHON = "/usr/bin/python3"
SECONDS = 6     # for a run; most are over before
HOSTS = "systemd,upstart,s6,nitro,runit,daemontools,dinit,openrc,finit,dpkg,supervisord"

DAEMON = r'''
import os, signal, socket, sys, time

def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), address)

def listen(path=None, port=None):
    listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listener.bind(path or ("0.0.0.0", port))
    listener.listen()
    return listener

way = sys.argv[1]
if way == "systemd":
    notify("STATUS=begins")
    notify("MAINPID=%d\nREADY=1" % os.getpid())
elif way == "child":
    if not os.fork():
        notify("READY=1")
        time.sleep(100)
elif way == "upstart" and os.environ.get("UPSTART_JOB"):
    os.kill(os.getpid(), signal.SIGSTOP)
elif way == "newline":
    os.write(int(sys.argv[2]), b"1.0\n")
elif way == "background":
    if os.fork():
        while not os.path.exists("/run/probed.pid"):
            time.sleep(0.01)
        os._exit(0)
    os.setsid()
    with open("/run/probed.pid.new", "w") as file:
        file.write("%d\n" % os.getpid())
    os.rename("/run/probed.pid.new", "/run/probed.pid")
elif way == "tcp":
    kept = listen(port=4711)
elif way == "unix":
    kept = listen(path="/run/probed")
elif way == "sockets":
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        kept = socket.socket(fileno=3)
    else:
        kept = listen(port=4712)
elif way == "only-sockets":
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        sys.exit("no socket at all")
    notify("READY=1")
elif way == "stubborn":
    for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
        signal.signal(number, signal.SIG_IGN)
    for folder in sys.argv[2:]:
        try:
            with open(folder + "/probed-file", "w") as file:
                file.write("x")
        except OSError as error:
            print(error, flush=True)
    for _ in range(3):
        if not os.fork():
            os.setsid()
            if not os.fork():
                break
elif way == "reach":
    with socket.socket() as client:
        client.settimeout(1)
        print("reached: %d" % client.connect_ex(("127.0.0.1", int(sys.argv[2]))), flush=True)
    sys.exit(3)
if way == "fail":
    print("first", flush=True)
    sys.exit("it cannot be")
time.sleep(100)
'''

# way -> (the daemon's words, what is printed of it, what has to be said for the hosts)
WAYS = {
    "systemd": ([], [r"NOTIFY_SOCKET: READY=1 after \d+ ms from its main process, STATUS= before it, MAINPID=[;\n]",
                     "readiness: it says READY=1"],
                {"systemd": "Type=notify\nExecStart=" + PYTHON, "upstart": "-t systemd -N -- "}),
    "child": ([], [r"NOTIFY_SOCKET: READY=1 after \d+ ms from another process \(python3[.0-9]*\), no STATUS= before it, "
                   "no MAINPID="],
              {"systemd": "NotifyAccess=all", "upstart": "-t systemd -N --notify-access=all -- "}),
    "upstart": ([], [r"UPSTART_JOB: stops itself after \d+ ms[;\n]", "NOTIFY_SOCKET: no message"],
                {"systemd": "-t upstart -N -- ", "upstart": "expect stop\nrespawn\nkill timeout 30\n\nexec " + PYTHON}),
    "newline": (["9"], [r"plain: a newline on descriptor 9 after \d+ ms"],
                {"systemd": "-t s6 -N --daemon-fd=9 -- ", "s6": "notification-fd\n9\n"}),
    "background": ([], [r"goes into the background after \d+ ms, pid file /run/probed.pid"],
                   {"systemd": "Type=forking\nPIDFile=/run/probed.pid\n"}),
    "tcp": ([], [r"listens on tcp:\*:4711 after \d+ ms", "sockets: takes none"],
            {"systemd": "--ready-when=tcp:localhost:4711 -- "}),
    "unix": ([], [r"listens on unix:/run/probed after \d+ ms"], {"runit": "--ready-when=unix:/run/probed -- "}),
    "sockets": ([], ["sockets: takes LISTEN_FDS\n"], {"systemd": "[Socket]\nListenStream=4712\n"}),
    "only-sockets": ([], ["LISTEN_FDS: still has the socket that it was given; READY=1", "readiness: it says READY=1",
                          "sockets: takes LISTEN_FDS\n"], {"dinit": "-t systemd -N -- "}),
    "nothing": ([], ["readiness: it says nothing", "sockets: not tried", "watched for [3-9]"], {"systemd": "Type=exec"}),
    "fail": ([], ["plain: .*ended with status 1 after .*its last words: 'it cannot be'", "readiness: it did not go on"], {}),
}


def need(test, *programs):
    for program in programs:
        if not shutil.which(program):
            test.skipTest(program + " is not installed")


def probe(*words, user=None, option="--probe", seconds=SECONDS, wrapper=()):
    """The status, what is printed, what is warned of; and how long it took."""
    begin = time.monotonic()
    done = subprocess.run([*wrapper, BRIDGE, option, "--seconds=%d" % seconds, *words], capture_output=True, text=True, user=user,
                          stdin=subprocess.DEVNULL, timeout=150, cwd="/")
    return done.returncode, done.stdout, done.stderr, time.monotonic() - begin


def processes_with(word):
    """Those of the whole machine."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                if word.encode() in file.read() and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            pass
    return found


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="cib-probe-test.")
        cls.addClassCleanup(folder.cleanup)
        cls.before = cls.places()
        os.chmod(folder.name, 0o755)
        cls.script = os.path.join(folder.name, "daemon.py")
        with open(cls.script, "w", encoding="utf-8") as file:
            file.write(DAEMON)
        os.chmod(cls.script, 0o644)

    @staticmethod
    def places():
        """Ours, and those of whom we had it run by: others may test beside us."""
        ours = os.geteuid(), pwd.getpwnam("nobody").pw_uid
        found = set()
        for name in os.listdir("/tmp"):
            with contextlib.suppress(FileNotFoundError):
                if name.startswith("cross-init-bridge.probe") and os.lstat("/tmp/" + name).st_uid in ours:
                    found.add(name)
        return found

    def setUp(self):
        need(self, PYTHON)

    def assert_nothing_left(self):
        self.assertEqual(processes_with(self.script), [])
        poll_until(lambda: not self.places() - self.before)     # another test's, which runs one beside us, goes as well


@unittest.skipIf(namespaces.missing(), namespaces.missing())
class RoomCase(Case):
    """Where there is a room: what lies on two overlays carries no third."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _, _, err, _ = probe("--", "/bin/true", seconds=1)
        why = re.search(r"cannot run the daemon in namespaces of its own: (.*);", err)
        if why:
            raise unittest.SkipTest(why[1])


class Ways(RoomCase):
    """All of them are probed at the same time, each in its own room."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with concurrent.futures.ThreadPoolExecutor(len(WAYS)) as pool:
            jobs = {way: pool.submit(probe, "--for=" + HOSTS, "--", PYTHON, cls.script, way, *words)
                    for way, (words, _, _) in WAYS.items()}
            cls.results = {way: job.result() for way, job in jobs.items()}

    def test_what_each_speaks_is_found(self):
        for way, (_, expected, _) in WAYS.items():
            status, out, err, _ = self.results[way]
            with self.subTest(way=way):
                self.assertEqual(status, 3 if way == "fail" else 0, out + err)
                for pattern in expected:
                    self.assertRegex(out, pattern)
        self.assert_nothing_left()

    def test_each_run_has_a_line(self):
        for way, (_, out, err, took) in self.results.items():
            with self.subTest(way=way):
                runs = len(re.findall("^(?:plain|NOTIFY_SOCKET|UPSTART_JOB|LISTEN_FDS|UPSTART_FDS): ", out, re.M))
                self.assertEqual(len(re.findall("^run [1-5] of 5, ", err, re.M)), runs)
                if way == "nothing":
                    self.assertEqual(runs, 3)
                self.assertLess(took, 5 * (SECONDS + 8))

    def split(self, out):
        """{host: {path: text}} of the files that are printed, and {host: all of it}."""
        blocks = re.split(r"\n\n(?=(?:#!.*\n)?[#;] /(?:etc/systemd|etc/init/|etc/s6|etc/nitro|etc/sv|etc/service|etc/dinit|etc/init\.d|etc/finit|etc/superv))", out)
        return [(re.search(r"[#;] (/etc/\S+)", block)[1], block) for block in blocks[1:]]

    def test_what_is_printed_has_the_options(self):
        places = {"systemd": ".service", "upstart": "/etc/init/", "s6": "/etc/s6", "runit": "/etc/sv", "dinit": "/etc/dinit"}
        for way, (_, _, wanted) in WAYS.items():
            out = self.results[way][1]
            for host, text in wanted.items():
                with self.subTest(way=way, host=host):
                    blocks = [block for path, block in self.split(out) if places[host] in path or
                              host == "systemd" and path.endswith(".socket")]
                    self.assertIn(text, "\n\n".join(blocks) + "\n")

    def test_what_is_printed_is_right_for_check(self):
        """With the files beside, as one would paste them. Of what is at home, the bridge is no part."""
        for way, (_, out, _, _) in self.results.items():
            if way == "fail":
                self.assertEqual(self.split(out), [])
                continue
            with self.subTest(way=way), tempfile.TemporaryDirectory() as folder:
                written, root = [], 0
                for name, block in self.split(out):
                    path = "%s/%d%s" % (folder, root, name)
                    if os.path.exists(path):    # dpkg's after OpenRC's
                        root += 1
                        path = "%s/%d%s" % (folder, root, name)
                    text = block[block.index("\n") + 1:] if path.endswith("notification-fd") else block
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(text)
                    written.append(path)
                self.assertGreaterEqual(len(written), 9)
                checked = [path for path in written if not path.endswith(("notification-fd", "check"))]
                done = subprocess.run([BRIDGE, "--check", *checked], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


class Harm(RoomCase):
    def test_nothing_stays_of_a_stubborn_one(self):
        folders = ["/etc", "/run", "/srv", "/tmp", "/var", "/home", "/root", "/opt", "/usr", "/boot", "/dev/shm", "/proc/sys/kernel"]
        status, out, _, took = probe("--", PYTHON, self.script, "stubborn", *folders, seconds=2)
        self.assertEqual(status, 0, out)
        self.assertLess(took, 5 * 10)
        self.assert_nothing_left()
        self.assertEqual([folder for folder in folders if os.path.exists(folder + "/probed-file")], [])

    def test_what_listens_on_the_machine_is_not_reached(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            out = probe("--", PYTHON, self.script, "reach", str(server.getsockname()[1]))[1]
        self.assertIn("its last words: 'reached: 111'", out)

    def test_who_interrupts_it_ends_the_daemon(self):
        for option in "--probe", "--probe=here":
            with self.subTest(option):
                running = subprocess.Popen([BRIDGE, option, "--", PYTHON, self.script, "stubborn"], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
                deadline = time.monotonic() + 20
                while len(processes_with(self.script)) < 5:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                running.send_signal(signal.SIGTERM)
                self.assertEqual(running.wait(20), 128 + signal.SIGTERM)
                deadline = time.monotonic() + 10    # with process 1 of the room all end, but not at that instant
                while processes_with(self.script):
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                self.assert_nothing_left()


class Here(Case):
    def user(self):
        if os.geteuid() != 0:
            return None
        nobody = pwd.getpwnam("nobody").pw_uid
        programs.need_reach(BRIDGE, nobody)
        return nobody

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_that_may_not_make_one_is_told(self):
        """As in a container: nothing was seen, so nothing is concluded, and there is nothing to paste."""
        status, out, err, _ = probe("--for=upstart", "--", "/bin/sleep", "100", seconds=2,
                                    wrapper=("setpriv", "--bounding-set=-sys_admin"))
        self.assertEqual(status, 125)
        self.assertEqual(out.count("\n"), 1, out)
        self.assertIn("cross-init-bridge: --probe: cannot run the daemon in namespaces of its own: namespaces: "
                      "Operation not permitted; --probe=here runs it in the open\n", err)

    def test_a_user_has_no_room_and_is_told(self):
        status, out, err, _ = probe("--for=upstart", "--", PYTHON, self.script, "systemd", user=self.user(), seconds=3)
        self.assertEqual(status, 0, out + err)
        self.assertIn("here, in the open", out)
        self.assertRegex(err, "warning|--probe: the daemon is run 5 times in the open")
        self.assertRegex(out, "NOTIFY_SOCKET: READY=1 after [0-9]+ ms from its main process")
        self.assertIn("expect stop", out)
        self.assert_nothing_left()

    def test_nothing_runs_on(self):
        status, out, _, _ = probe("--", PYTHON, self.script, "stubborn", option="--probe=here", user=self.user(), seconds=1)
        self.assertEqual(status, 0, out)
        self.assert_nothing_left()

    def test_what_is_wrong_is_said(self):
        for words, what in ((["--seconds=0"], "--seconds=0"), (["--for=sysv"], "'sysv' is none of these"),
                            (["--hosts"], "'--hosts' is none of"), ([], "no command to run")):
            done = subprocess.run([BRIDGE, "--probe", *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 125)
            self.assertIn(what, done.stderr)

    def test_what_cannot_be_executed_is_not_run_at_all(self):
        for name, what in (("/nonexistent/daemon", "No such file"), ("nonexistent-daemon", "in no directory of PATH"), ("/", "a directory")):
            status, out, err, _ = probe("--", name)
            self.assertEqual((status, out), (125, ""))
            self.assertIn("cannot execute '%s'" % name, err)
            self.assertIn(what, err)
            self.assertEqual(len(err.splitlines()), 1)

    def test_a_relative_path_is_printed_whole(self):
        with tempfile.TemporaryDirectory() as directory:
            os.symlink("/bin/sleep", os.path.join(directory, "sleeper"))
            done = subprocess.run([BRIDGE, "--probe=here", "--seconds=1", "--for=systemd", "--", "./sleeper", "9"], capture_output=True, text=True, cwd=directory)
            self.assertIn("ExecStart=%s/sleeper 9" % directory, done.stdout)


class Words(RoomCase):
    """Those that mean something to whoever reads the file arrive as they were; the rest is in test_quoting.c."""

    WORDS = ["a b", "$HOME", "it's", 'q"q', "b\\s", "a\\\\", "$$", "`id`", "#h", "%n", "*", "~", "a=b&c", "<>|()", ""]

    def said(self, script):
        return subprocess.run(["sh", "-c", script + '\nprintf "%s\\0" "$@"'], check=True, capture_output=True,
                              text=True).stdout.split("\0")[:-1]

    def test_each_word_arrives(self):
        status, out, err, _ = probe("--for=s6,openrc,finit,dpkg", "--", PYTHON, self.script, "systemd", *self.WORDS, seconds=2)
        self.assertEqual(status, 0, out + err)
        files = {match[1]: text for text in re.split(r"\n\n(?=#)", out) if (match := re.search(r"^# (/\S+)", text, re.M))}
        expected = [PYTHON, self.script, "systemd", *self.WORDS]
        for name in "/etc/s6/python3/run", "/etc/finit.d/python3.run":
            with self.subTest(name):
                self.assertEqual(self.said("set -- " + files[name].partition(" -- \\\n")[2]), expected)
        self.assertEqual(files["/etc/finit.d/python3.conf"].splitlines()[1],
                         "service notify:s6 /etc/finit.d/python3.run %n -- python3")
        scripts = [text for text in re.split(r"\n\n(?=#!)", out) if "openrc-run" in text]
        self.assertEqual(self.said(scripts[0].partition("\n\n#!")[0] + "\neval set -- $command_args")[-len(expected):], expected)


class Daemons(RoomCase):
    """Real ones, and what is right for them."""

    ROWS = {
        "redis-server": ("redis-server --supervised systemd", ["READY=1 after .* from its main process, STATUS= before",
                                                        r"listens on tcp:\*:6379"]),
        "redis-server, as for Upstart": ("redis-server --supervised upstart", ["UPSTART_JOB: stops itself after"]),
        "redis-server alone": ("redis-server", ["readiness: it says nothing, but listens", "tcp:localhost:6379"]),
        "haproxy": ("sh -c 'mkdir -p /run/haproxy && exec haproxy -Ws -f /etc/haproxy/haproxy.cfg'", ["READY=1 after .* main process, no STATUS= before it, MAINPID=;"]),
        "dbus-daemon": ("dbus-daemon --session --nofork --nopidfile --print-address=9", ["newline on descriptor 9"]),
        "dbus-daemon for systemd": ("dbus-daemon --session --nofork --nopidfile --address=systemd: --systemd-activation",
                                    ["takes LISTEN_FDS\n", "readiness: it says READY=1"]),
        "avahi-daemon": ("avahi-daemon -s", ["org.freedesktop.Avahi on the bus", "--ready-when=dbus:org.freedesktop.Avahi"]),
        "uwsgi-core": ("uwsgi-core --master --die-on-term", ["takes LISTEN_FDS and UPSTART_FDS"]),
    }

    def test_they_are_known_for_what_they_are(self):
        rows = {name: row for name, row in self.ROWS.items() if shutil.which(name.split()[0].strip(","))}
        if not rows:
            self.skipTest("none of them is installed")
        with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:
            jobs = {name: pool.submit(probe, "--for=upstart", "--", *shlex.split(row[0]), seconds=10) for name, row in rows.items()}
        for name, (_, patterns) in rows.items():
            status, out, err, _ = jobs[name].result()
            with self.subTest(name):
                self.assertEqual(status, 0, out + err)
                for pattern in patterns:
                    self.assertRegex(out, pattern)


if __name__ == "__main__":
    tap.main()
