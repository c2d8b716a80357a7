# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""Runs the C programs beside it and turns their numbers into ratios, counts and KiB.

It knows what can be measured, not what is worth measuring: run.py has the list for a person to read,
../integration/test_gates.py the limits. The programs are in the directory $CIB_BENCH.

Times are only ever ratios. The median over the rounds, in each of which all subjects ran one after the
other, is what to expect. The quotient of the lower quartiles is what it costs where nobody else wants
the CPU: who forks waits for a scheduler's tick more often than who does not. Counts are exact.
"""
import collections
import contextlib
import os
import re
import secrets
import statistics
import struct
import subprocess
import time

import systemd_host     # its cgroup functions

UNAVAILABLE = 77    # exit status of bench: the machine cannot do it

# One command in one world; see world.h for the worlds and what can be awaited.
Subject = collections.namedtuple("Subject", "name world awaited argv")
Times = collections.namedtuple("Times", "start ready gone")
Counts = collections.namedtuple("Counts", "instructions system_calls")
Flood = collections.namedtuple("Flood", "ns_per_message longest_us over_100_us cpu_ns_per_message")
# What stays of a wrapper, in KiB, descriptors, and wake-ups in the time watched.
Resident = collections.namedtuple("Resident", "rss private_dirty fds wake_ups")

# In KiB: the processes' own, and with the kernel's share.
Memory = collections.namedtuple("Memory", "own total")


class Unavailable(Exception):
    """The machine cannot do it; the text says why."""


def program(name):
    return os.path.realpath(os.path.join(os.environ["CIB_BENCH"], name))    # count.c knows the daemon by /proc


def probe(*actions):
    return [program("probe"), *actions]


# ---- what kind of file the bridge is ---------------------------------------------------------

def has_interpreter(path):
    """Whether an ELF file needs the dynamic loader (PT_INTERP)."""
    with open(path, "rb") as file:
        header = file.read(64)
        is_64 = header[4] == 2
        order = "<" if header[5] == 1 else ">"
        offset, = struct.unpack_from(order + ("Q" if is_64 else "I"), header, 32 if is_64 else 28)
        size, n = struct.unpack_from(order + "HH", header, 54 if is_64 else 42)
        file.seek(offset)
        table = file.read(size * n)
    return any(struct.unpack_from(order + "I", table, i * size)[0] == 3 for i in range(n))


def flavour(path):
    """"dynamic", "static" (glibc) or "musl" (static): the suffix of the floor to compare with."""
    if has_interpreter(path):
        return "dynamic"
    with open(path, "rb") as file:
        return "static" if b"glibc." in file.read() else "musl"


def is_instrumented(path):
    """Whether it was built with a sanitizer, which costs more than anything measured here."""
    with open(path, "rb") as file:
        content = file.read()
    return b"__asan_init" in content or b"__ubsan_handle" in content


def floor(name, kind):
    """The path of a floor program for the C library @kind, or None."""
    path = program(name if kind == "dynamic" else "%s-%s" % (name, kind))
    return path if os.path.exists(path) else None


# ---- running bench ---------------------------------------------------------------------------

def command(what, subjects, count=None):
    words = [program("bench"), what] + ([str(count)] if count is not None else [])
    for subject in subjects:
        words += [",", subject.world, subject.awaited, *subject.argv]
    return words


def remove_cgroup(pid):
    """That of a bench that was killed, as soon as its daemons, whose stdin has ended, are gone."""
    root = systemd_host.open_cgroup2()
    own = os.open("./" + systemd_host.own_cgroup(), os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
    deadline = time.monotonic() + 5
    try:
        for name in os.listdir(own):
            while name.startswith("%s%d-" % (systemd_host.CGROUP_PREFIX, pid)):
                try:
                    os.rmdir(name, dir_fd=own)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
    finally:
        os.close(own)
        os.close(root)


@contextlib.contextmanager
def started(words, **options):
    """A bench that runs; when the block ends it has, too, and left nothing."""
    process = subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    try:
        yield process
        process.communicate(timeout=60)     # which ends its stdin
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        if process.returncode < 0:
            remove_cgroup(process.pid)


def fail(process, text):
    raise Unavailable(text) if process.returncode == UNAVAILABLE else RuntimeError("bench: " + text)


def run(what, subjects, count=None):
    """The lines of numbers that bench prints."""
    with started(command(what, subjects, count), stdin=subprocess.DEVNULL) as process:
        out, errors = process.communicate(timeout=1200)
    if process.returncode != 0:
        fail(process, errors.strip() or "status %d" % process.returncode)
    return [[int(word) for word in line.split()] for line in out.splitlines()]


def times(subjects, rounds):
    """{name: [Times of each round]}, in nanoseconds."""
    found = {subject.name: [] for subject in subjects}
    for _, index, *numbers in run("times", subjects, rounds):
        found[subjects[index].name].append(Times(*numbers))
    return found


def ratio(samples, base, field):
    """The median of the quotients of the same round."""
    return statistics.median(getattr(a, field) / getattr(b, field) for a, b in zip(samples, base))


def low_ratio(samples, base, field):
    """The quotient of the lower quartiles."""
    low, base_low = (statistics.quantiles([getattr(sample, field) for sample in of], n=4)[0]
                     for of in (samples, base))
    return low / base_low


def median_us(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples) / 1000


def counts(subjects):
    """{name: Counts}"""
    instructions = run("instructions", subjects)
    system_calls = run("system-calls", subjects)
    return {subject.name: Counts(instructions[i][0], system_calls[i][0])
            for i, subject in enumerate(subjects)}


def flood(subject, n, after_ready):
    (total, longest, over, cpu), = run("flood-after" if after_ready else "flood-before", [subject])
    return Flood(total / n, longest / 1000, over, cpu / n)


# ---- daemons that stay -----------------------------------------------------------------------

def is_zombie(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def children(pid):
    """Those that live: a probe of a babysitter's may have ended and not be reaped."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as file:
        return {child for child in map(int, file.read().split()) if not is_zombie(child)}


class Many:
    """@n daemons, all ready; .daemons are their pids, .others what else has become a child."""

    def __init__(self, process):
        self.process = process
        line = process.stdout.readline()
        if not line:
            _, errors = process.communicate()
            fail(process, errors.strip())
        self.ready_ns = int(line)
        self.daemons = [int(word) for word in process.stdout.readline().split()]

    @property
    def others(self):
        return sorted(children(self.process.pid) - set(self.daemons))


@contextlib.contextmanager
def many(subject, n, group=None, at_once=True):
    words = command("many" if at_once else "row", [subject], n)
    with started(words, stdin=subprocess.PIPE, preexec_fn=group.enter if group else None) as process:
        yield Many(process)


def read_field(pid, file, name):
    with open("/proc/%d/%s" % (pid, file), encoding="utf-8") as status:
        return int(re.search(r"^%s:\s*(\d+)" % name, status.read(), re.MULTILINE)[1])


def wake_ups(pid):
    return read_field(pid, "status", "voluntary_ctxt_switches")


def await_idle(pids, quiet_s=0.2, timeout_s=10):
    """Waits until none of @pids has woken up for a while; nothing tells when that begins."""
    deadline = time.monotonic() + timeout_s
    before = None
    while before != (now := [wake_ups(pid) for pid in pids]):
        if time.monotonic() > deadline:
            raise AssertionError("processes %s do not become idle" % pids)
        before = now
        time.sleep(quiet_s)


def descriptors(pid):
    """{number: what it is}"""
    directory = "/proc/%d/fd" % pid
    return {int(n): os.readlink(os.path.join(directory, n)) for n in os.listdir(directory)}


def kib(pid):
    """Resident and private dirty memory, the latter of anonymous pages only.

    The pages of a program's file count as dirty, too, as long as it is not on disk: after each
    build, and always in tmpfs.
    """
    fields = collections.defaultdict(list)
    with open("/proc/%d/smaps" % pid, encoding="utf-8") as file:
        for line in file:
            name, *words = line.split()
            if words and words[-1] == "kB":
                fields[name].append(int(words[0]))
    return sum(fields["Rss:"]), sum(map(min, fields["Private_Dirty:"], fields["Anonymous:"]))


def residents(pids, seconds):
    """[Resident] of each of @pids, watched together while nothing happens."""
    await_idle(pids)
    before = [wake_ups(pid) for pid in pids]
    time.sleep(seconds)     # not to wait for something, but to see that nothing comes
    after = [wake_ups(pid) for pid in pids]
    return [Resident(*kib(pid), len([n for n in descriptors(pid) if n > 2]), b - a)
            for pid, a, b in zip(pids, before, after)]


# ---- memory with the kernel's share ----------------------------------------------------------

def own_cgroups():
    """{controller: directory}, with "" for version 2; only of what is mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    found = {}
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            for mount in mounts:
                kind, options = mount[mount.index("-") + 1], mount[-1].split(",")
                if kind == ("cgroup" if controllers else "cgroup2") and \
                        set(controllers.split(",")) - {""} <= set(options) and mount[3] == "/":
                    for name in controllers.split(","):
                        found[name] = mount[4] + path.rstrip("/")
    return found


class MemoryGroup:
    """A memory cgroup for one run, below ours; version 1 or 2."""

    def __init__(self):
        groups = own_cgroups()
        parent = groups.get("memory") or groups.get("")
        if parent is None:
            raise Unavailable("no cgroups are mounted")
        self.is_v1 = "memory" in groups
        self.path = os.path.join(parent, "cross-init-bridge-bench-" + secrets.token_hex(6))

    def __enter__(self):
        try:
            os.mkdir(self.path)
            os.stat(os.path.join(self.path, self.usage_file))
        except OSError as error:
            with contextlib.suppress(OSError):
                os.rmdir(self.path)
            raise Unavailable("no memory cgroup: %s" % error) from error
        return self

    def __exit__(self, *_):
        os.rmdir(self.path)

    @property
    def usage_file(self):
        return "memory.usage_in_bytes" if self.is_v1 else "memory.current"

    def enter(self):
        with open(os.path.join(self.path, "cgroup.procs"), "w", encoding="utf-8") as file:
            file.write(str(os.getpid()))

    def usage(self):
        """Memory without the pages of files, which happen to be charged to whom reads them first."""
        with open(os.path.join(self.path, self.usage_file), encoding="utf-8") as file:
            usage = int(file.read())
        with open(os.path.join(self.path, "memory.stat"), encoding="utf-8") as file:
            stat = {name: int(value) for name, value in (line.split() for line in file)}
        total = usage - stat["cache" if self.is_v1 else "file"] + stat["shmem"]
        return Memory(stat["rss" if self.is_v1 else "anon"] / 1024, total / 1024)


def cost_of(subject, n, at_once):
    """(seconds until all were ready, Memory of them and of what stays beside them)"""
    with MemoryGroup() as group, many(subject, n, group, at_once) as running:
        await_idle(running.others)
        return running.ready_ns / 1e9, group.usage()
