#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""What the bridge costs, beside a direct start, the floor and its peers: a table and a JSON file.

    meson test --benchmark
    PYTHONPATH=tests/support python3 tests/bench/run.py [--rounds N] [--idle SECONDS] [--many N,N]
        [--json FILE] BUILD_DIR [BRIDGE...]

BUILD_DIR is a build of the tests; BRIDGE are further builds of the bridge, to be measured in the
same run. Times are ratios to a direct start of the same daemon in the same run; see measure.py.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import struct
import sys
import time

import measure
from measure import Subject, Unavailable, probe
from upstart_host import UpstartHost

NOTIFY = ("notify", "wait")
STOP = ("stop", "wait")
# Where times are taken, the daemon speaks when it is told to.
NOTIFY_WHEN_TOLD = ("wait", *NOTIFY)
STOP_WHEN_TOLD = ("wait", *STOP)

# name -> (world, awaited, options of the bridge, what the daemon does)
STARTS = {
    "no-op (target = host)": ("systemd", "start", ["-t", "systemd"], ()),
    "sockets, -t systemd": ("upstart-socket", "start", ["-t", "systemd"], ()),
    "sockets, -t upstart": ("systemd-socket", "start", ["-t", "upstart"], ()),
    "-t systemd -N": ("upstart", "stop", ["-t", "systemd", "-N"], NOTIFY_WHEN_TOLD),
    "-t upstart -N": ("systemd", "hand-over", ["-t", "upstart", "-N"], STOP_WHEN_TOLD),
    "newline, -t systemd -N": ("newline", "start", ["-i", "newline", "--host-fd=5", "-t", "systemd", "-N"], ()),
    "datagram, -t systemd -N": ("systemd", "start", ["-i", "datagram", "-t", "systemd", "-N"], ()),
    "datagram, -t s6 -N": ("systemd", "start", ["-i", "datagram", "-t", "s6", "-N", "--daemon-fd=7"], ()),
    "detect systemd by environment": ("systemd", "start", ["-t", "upstart"], ()),
    "detect systemd by cgroup": ("systemd-cgroup", "start", ["-t", "upstart"], ()),
    "detect upstart by its socket": ("upstart", "start", ["-t", "systemd"], ()),
}
ATTEND, HAND_OVER = "-t systemd -N", "-t upstart -N"

# The direct starts that the others are compared with.
DIRECT = "direct"
DIRECTS = [("start", "bare", "start", ()), ("stop", "upstart", "stop", STOP_WHEN_TOLD),
           ("notify", "systemd", "notify", NOTIFY_WHEN_TOLD)]

PEERS = {
    "env": ["env"],
    "setpriv": ["setpriv", "--no-new-privs"],
    "chpst": ["chpst"],
    "start-stop-daemon": ["start-stop-daemon", "--start", "--quiet", "--pidfile", "/run/none", "--exec"],
    "tini": ["tini", "-s", "--"],
    "dumb-init": ["dumb-init"],
    "catatonit": ["catatonit", "--"],
    "s6-notify-fd-from-socket": ["s6-notify-fd-from-socket", "-3", "5"],
    "s6-notify-socket-from-fd": ["s6-notify-socket-from-fd", "-d", "7"],
}
WORLDS_OF_PEERS = {"s6-notify-fd-from-socket": "newline", "s6-notify-socket-from-fd": "systemd"}
PEERS_THAT_STAY = ["tini", "dumb-init", "catatonit"]


# ---- what is measured ------------------------------------------------------------------------

def peer_words(name):
    """The absolute command of a peer that is installed, or None."""
    path = shutil.which(PEERS[name][0])
    return [path, *PEERS[name][1:]] if path else None


def bridge_subjects(label, path):
    for name, (world, awaited, options, actions) in STARTS.items():
        yield Subject("%s: %s" % (label, name), world, awaited, [path, *options, "--", *probe(*actions)])


def only_in(kind, shape):
    """The name of the start that only executes, in the world of @shape."""
    return "exec only (%s), world of %s" % (kind, shape)


def floor_subjects():
    for kind in ("musl", "static", "dynamic"):
        if only := measure.floor("exec-only", kind):
            yield Subject("exec only (%s)" % kind, "bare", "start", [only, *probe()])
            # In the same worlds, too: the dynamic loader reads the environment.
            for shape in (ATTEND, HAND_OVER):
                yield Subject(only_in(kind, shape), STARTS[shape][0], "start", [only, *probe()])
        if floor := measure.floor("floor", kind):
            yield Subject("floor (%s): %s" % (kind, ATTEND), "upstart", "stop",
                          [floor, "attend", *probe(*NOTIFY_WHEN_TOLD)])
            yield Subject("floor (%s): %s" % (kind, HAND_OVER), "systemd", "hand-over",
                          [floor, "hand-over", *probe(*STOP_WHEN_TOLD)])


def peer_subjects():
    for name in PEERS:
        if words := peer_words(name):
            tail = probe()
            if name == "start-stop-daemon":
                tail = [tail[0], "--", *tail[1:]]
            yield Subject(name, WORLDS_OF_PEERS.get(name, "bare"), "start", words + tail)


def direct_subjects():
    for name, world, awaited, actions in DIRECTS:
        yield Subject("%s %s" % (DIRECT, name), world, awaited, probe(*actions))


def measure_starts(subjects, rounds):
    """[row of the table of starts]"""
    samples = measure.times([*direct_subjects(), *subjects], rounds)
    counts = measure.counts(subjects)
    bases = {"start": samples["direct start"], "stop": samples["direct stop"],
             "hand-over": samples["direct notify"]}
    rows = []
    for subject in subjects:
        own = samples[subject.name]
        row = {"name": subject.name, "us": measure.median_us(own, "start"),
               "start": measure.ratio(own, bases["start"], "start"),
               "start_low": measure.low_ratio(own, bases["start"], "start"), **counts[subject.name]._asdict()}
        if subject.awaited != "start":
            row["ready"] = measure.ratio(own, bases[subject.awaited], "ready")
            row["ready_low"] = measure.low_ratio(own, bases[subject.awaited], "ready")
            row["ready_us"] = measure.median_us(own, "ready")
        if subject.awaited == "hand-over":
            row["gone_us"] = measure.median_us(own, "gone")
        rows.append(row)
    return rows


def job_of(words, unset):
    """A task of Upstart's, which writes two times to the file $OUT."""
    return "task\nconsole none\nscript\n%sexec %s >$OUT\nend script\n" % (
        "unset UPSTART_JOB UPSTART_INSTANCE\n" if unset else "",
        " ".join([measure.program("bench"), "stamp", *words]))


def passed(stamps):
    return stamps[1] - stamps[0]


def measure_bus(bridges, rounds):
    """{label: ratio} of a start where only D-Bus tells who started us, under the stand-in for Upstart.

    A bridge without a bus-query beside it refuses, and has none.
    """
    quotients = {label: [] for label in bridges}
    with UpstartHost() as host:
        jobs = {DIRECT: probe()}
        jobs.update({label: [path, "-t", "systemd", "--", *probe()] for label, path in bridges.items()})
        for number, words in enumerate(jobs.values()):
            host.job("bench%d" % number, job_of(words, unset=True))
        for round_number in range(rounds):
            took = {}
            for number, label in enumerate(jobs):
                out = os.path.join(host.dir, "%d-%d" % (number, round_number))
                host.start("bench%d" % number, "OUT=" + out)
                with open(out, "rb") as file:
                    stamps = struct.iter_unpack("=Q", file.read())
                took[label] = [stamp for stamp, in stamps]
            for label in bridges:
                if len(took[label]) == 2:
                    quotients[label].append(passed(took[label]) / passed(took[DIRECT]))
    return {label: statistics.median(values) for label, values in quotients.items() if values}


def attend_subjects(bridges):
    """What stays beside a daemon: the bridges, then the floors."""
    for label, path in bridges.items():
        yield Subject(label, "upstart", "stop", [path, *STARTS[ATTEND][2], "--", *probe(*NOTIFY)])
    for kind in ("musl", "static", "dynamic"):
        if floor := measure.floor("floor", kind):
            yield Subject("floor (%s)" % kind, "upstart", "stop", [floor, "attend", *probe(*NOTIFY)])


def measure_residents(subjects, idle_s):
    """{name: Resident}, all watched in the same time."""
    pids = {}
    with contextlib.ExitStack() as stack:
        for subject in subjects:
            started = stack.enter_context(measure.many(subject, 1))
            pids[subject.name] = started.others[0]
        for name in PEERS_THAT_STAY:
            if words := peer_words(name):
                peer = Subject(name, "bare", "start", words + probe("wait"))
                pids[name] = stack.enter_context(measure.many(peer, 1)).daemons[0]
        return dict(zip(pids, measure.residents(list(pids.values()), idle_s)))


def measure_totals(subjects, n=200):
    """{name: KiB with the kernel's share}"""
    _, base = measure.cost_of(Subject(DIRECT, "upstart", "stop", probe(*STOP)), n, at_once=False)
    totals = {}
    for subject in subjects:
        _, memory = measure.cost_of(subject, n, at_once=False)
        totals[subject.name] = (memory.total - base.total) / n
    return totals


def measure_floods(subjects, n):
    """[row of the table of floods]"""
    rows = []
    for subject in subjects:
        for when, text in (("before", "WATCHDOG=1"), ("after", "WATCHDOG=1"),
                           ("after", "x" * 5000)):
            message = "flood=%d:%s" % (n, text)
            actions = ("notify", "wait", message, "wait") if when == "after" else \
                ("wait", message, "notify", "wait")
            words = subject.argv[:subject.argv.index(measure.program("probe"))]
            result = measure.flood(subject._replace(argv=words + probe(*actions)), n, when == "after")
            rows.append({"name": subject.name, "when": when,
                         "text": text if len(text) < 20 else "%d bytes" % len(text), **result._asdict()})
    return rows


def measure_many(subjects, n, rounds=3):
    """[row of the table of daemons at once]; ratios of the same round, memory of the last one."""
    direct = Subject(DIRECT, "upstart", "stop", probe(*STOP))
    quotients = {subject.name: [] for subject in subjects}
    seconds, cost = {}, {}
    for _ in range(rounds):
        base_s, base = measure.cost_of(direct, n, at_once=True)
        for subject in subjects:
            seconds[subject.name], usage = measure.cost_of(subject, n, at_once=True)
            quotients[subject.name].append(seconds[subject.name] / base_s)
            cost[subject.name] = {"own_mib": (usage.own - base.own) / 1024,
                                  "total_mib": (usage.total - base.total) / 1024}
    return [{"name": subject.name, "n": n, "time": statistics.median(quotients[subject.name]),
             **cost[subject.name]} for subject in subjects]


# ---- what is printed -------------------------------------------------------------------------

def print_table(title, columns, rows):
    """@columns: (heading, format of a value, key); a row without the key has an empty cell."""
    cells = [[fmt % row[key] if row.get(key) is not None else "" for _, fmt, key in columns] for row in rows]
    widths = [max(len(line[i]) for line in [[c[0] for c in columns], *cells]) for i in range(len(columns))]
    print("\n" + title)
    for line in [[c[0] for c in columns], *cells]:
        print("  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(line, widths))).rstrip())


def print_starts(rows):
    print_table("Start: execve to the daemon, as a ratio to a direct start (median, lower quartile); then the "
                "news of readiness, likewise",
                [("", "%s", "name"), ("median", "%.2f", "start"), ("low", "%.2f", "start_low"), ("us", "%.0f", "us"),
                 ("instructions", "%d", "instructions"), ("system calls", "%d", "system_calls"),
                 ("ready", "%.1f", "ready"), ("low", "%.1f", "ready_low"), ("ready us", "%.0f", "ready_us"),
                 ("gone us", "%.0f", "gone_us")], rows)


def print_residents(rows, idle_s):
    print_table("What stays beside a daemon, KiB (wake-ups in %g s; fds above 2)" % idle_s,
                [("", "%s", "name"), ("rss", "%d", "rss"), ("private dirty", "%d", "private_dirty"),
                 ("with the kernel's", "%.0f", "total"), ("fds", "%d", "fds"), ("wake-ups", "%d", "wake_ups")],
                rows)


def print_floods(rows):
    print_table("A flood of messages: of the sender, and of the babysitter's CPU",
                [("", "%s", "name"), ("when", "%s", "when"), ("message", "%s", "text"),
                 ("ns each", "%.0f", "ns_per_message"), ("longest us", "%.0f", "longest_us"),
                 ("over 100 us", "%d", "over_100_us"), ("babysitter ns each", "%.0f", "cpu_ns_per_message")],
                rows)


def print_many(rows):
    print_table("Daemons at once, until all are ready, as a ratio to as many direct ones; their memory",
                [("", "%s", "name"), ("n", "%d", "n"), ("ratio", "%.1f", "time"), ("MiB", "%.0f", "own_mib"),
                 ("with the kernel's", "%.0f", "total_mib")], rows)


# ---- the goals -------------------------------------------------------------------------------

# (what, limit of the static build, of the dynamic one); see goals_of() for where each is found. Times are
# those of the lower quartiles, so that a busy machine does not decide.
GOALS = [
    ("start: no-op and sockets", 2.8, 8.5),
    ("start: -t systemd -N", 4.5, 11),
    ("start: -t upstart -N", 5, 12),
    ("instructions of -N", 15000, None),
    ("instructions of -N, to exec only", None, 1.25),
    ("system calls of -N", 28, 52),
    ("babysitter: private dirty KiB", 24, 110),
    ("babysitter: KiB with the kernel's", 100, 210),
    ("babysitter: fds", 2, 2),
    ("babysitter: wake-ups", 0, 0),
    ("READY=1 to stop seen", 4.5, 4.5),
    ("SIGSTOP to READY=1 received", 12, 18),
    ("gone after READY=1, us", 1000, 1000),
    ("flood before READY=1: CPU ns each", 1600, 1600),
    ("flood after READY=1: CPU ns each", 5, 5),    # one wake-up in all, to have the kernel drop them
    ("many at once: time", 3.7, 6.8),
    ("many at once: MiB", 50, 200),
]


def of_starts(label, kind, starts):
    """The goals about starts."""
    own = {name: starts["%s: %s" % (label, name)] for name in STARTS if "%s: %s" % (label, name) in starts}
    ready = [own[ATTEND], own[HAND_OVER]]
    only = starts["exec only (%s)" % kind]
    plain = [row["start_low"] for name, row in own.items() if name.startswith(("no-op", "sockets"))]
    return {
        "start: no-op and sockets": max(plain or [only["start_low"]]),
        "start: -t systemd -N": own[ATTEND]["start_low"],
        "start: -t upstart -N": own[HAND_OVER]["start_low"],
        "instructions of -N": max(row["instructions"] for row in ready),
        "instructions of -N, to exec only": max(
            own[shape]["instructions"] / starts[only_in(kind, shape)]["instructions"]
            for shape in (ATTEND, HAND_OVER)),
        "system calls of -N": max(row["system_calls"] for row in ready),
        "READY=1 to stop seen": own[ATTEND]["ready_low"],
        "SIGSTOP to READY=1 received": own[HAND_OVER]["ready_low"],
        "gone after READY=1, us": own[HAND_OVER]["gone_us"],
    }


def goals_of(label, kind, found):
    """{goal: what was measured} for one build, or for the floor."""
    starts = {row["name"]: row for row in found["starts"]}
    goals = of_starts(label, kind, starts)
    for row in found["residents"]:
        if row["name"] == label:
            goals.update({"babysitter: private dirty KiB": row["private_dirty"],
                          "babysitter: KiB with the kernel's": row["total"],
                          "babysitter: fds": row["fds"], "babysitter: wake-ups": row["wake_ups"]})
    for when in "before", "after":
        goals["flood %s READY=1: CPU ns each" % when] = max(
            row["cpu_ns_per_message"] for row in found["floods"] if row["name"] == label and row["when"] == when)
    many = [row for row in found["many"] if row["name"] == label]
    if many:
        largest = max(many, key=lambda row: row["n"])
        goals.update({"many at once: time": largest["time"], "many at once: MiB": largest["own_mib"]})
    return goals


def judge(label, kind, found):
    """[row of the table of goals]"""
    goals = goals_of(label, kind, found)
    floor = goals_of("floor (%s)" % kind, kind, found)
    rows = []
    for name, static, dynamic in GOALS:
        limit = dynamic if kind == "dynamic" else static
        value = goals.get(name)
        if limit is not None and value is not None:
            rows.append({"name": name, "value": value, "limit": limit, "met": value <= limit,
                         "floor": floor.get(name)})
    return rows


def print_goals(label, kind, rows):
    print_table("Goals: %s, %s" % (label, kind),
                [("", "%s", "name"), ("floor", "%.4g", "floor"), ("measured", "%.4g", "value"),
                 ("goal", "%g", "limit"), ("", "%s", "verdict")],
                [{**row, "verdict": "met" if row["met"] else "MISSED"} for row in rows])


# ---- all together ----------------------------------------------------------------------------

def or_none(what, function, *args):
    """What @function returns, or None where the machine cannot do it, which is said."""
    try:
        return function(*args)
    except Unavailable as reason:
        print("not measured: %s: %s" % (what, reason), file=sys.stderr)
        return None


def measure_all(bridges, options):
    starts = [subject for label, path in bridges.items() for subject in bridge_subjects(label, path)]
    staying = list(attend_subjects(bridges))
    found = {"bridges": {label: measure.flavour(path) for label, path in bridges.items()}}
    found["starts"] = measure_starts([*starts, *floor_subjects(), *peer_subjects()], options.rounds)
    found["detect_by_bus"] = measure_bus(bridges, max(5, options.rounds // 10))
    residents = measure_residents(staying, options.idle)
    totals = or_none("memory with the kernel's share", measure_totals, staying) or {}
    found["residents"] = [{"name": name, "total": totals.get(name), **resident._asdict()}
                          for name, resident in residents.items()]
    found["floods"] = measure_floods(staying, options.flood)
    found["many"] = [row for n in options.many
                     for row in or_none("%d daemons at once" % n, measure_many, staying, n) or []]
    found["goals"] = {label: judge(label, found["bridges"][label], found) for label in bridges}
    return found


def print_load(load):
    """Who has to wait for other processes waits for a turn of each: a start that forks, 30 times as long."""
    if load > os.cpu_count():
        print("\nThe machine was busy (load %.1f, %d CPUs): times say little, counts and sizes hold." %
              (load, os.cpu_count()))


def print_all(found, options):
    print_load(found["load"])
    print_starts(found["starts"] + [{"name": "%s: detect upstart by D-Bus" % label, "start": ratio}
                                    for label, ratio in found["detect_by_bus"].items()])
    print_residents(found["residents"], options.idle)
    print_floods(found["floods"])
    if found["many"]:
        print_many(found["many"])
    for label, rows in found["goals"].items():
        print_goals(label, found["bridges"][label], rows)


def parse_options():
    parser = argparse.ArgumentParser(description="Measures what the bridge costs.")
    parser.add_argument("build", nargs="?", help="the build directory; without it $CIB, $CIB_BENCH, $CIB_UPSTART")
    parser.add_argument("bridge", nargs="*", help="further bridges")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--idle", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--flood", type=int, default=200000, metavar="N")
    parser.add_argument("--many", default="500,2000", metavar="N,N",
                        type=lambda text: [int(word) for word in text.split(",") if word])
    parser.add_argument("--json", default=None, metavar="FILE")
    return parser.parse_args()


def set_environment(build):
    """What meson sets for its tests."""
    build = os.path.abspath(build)
    os.environ["CIB"] = os.path.join(build, "src", "cross-init-bridge")
    os.environ["CIB_BENCH"] = os.path.join(build, "tests", "bench")
    os.environ["CIB_UPSTART"] = os.path.join(build, "tests", "upstart", "upstart-stand-in")


def name_bridges(paths):
    """{label: path}; the label is the kind of file, which tells them apart."""
    bridges = {}
    for path in paths:
        label = measure.flavour(path)
        if measure.floor("exec-only", label) is None:
            sys.exit("%s: no floor to compare with was built for its C library (%s)" % (path, label))
        while label in bridges:
            label += "'"
        bridges[label] = os.path.abspath(path)
    return bridges


def main():
    options = parse_options()
    if options.build:
        set_environment(options.build)
    if os.geteuid() != 0:
        print("needs root: the worlds are namespaces", file=sys.stderr)
        return measure.UNAVAILABLE
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))    # so that clean-ups run
    began, load = time.monotonic(), os.getloadavg()[0]
    found = measure_all(name_bridges([os.environ["CIB"], *options.bridge]), options)
    found["seconds"], found["load"] = round(time.monotonic() - began), load
    print_all(found, options)
    path = options.json or os.path.join(os.environ["CIB_BENCH"], "bench.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    print("\nThe same for machines: %s" % path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
