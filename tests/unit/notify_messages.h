/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The datagrams that systemd's receiver meets, and what each says, as a line of words. Apart from
 * the tests of the parser because they are also what its fuzzer begins with.
 */
#ifndef CIB_TEST_NOTIFY_MESSAGES_H
#define CIB_TEST_NOTIFY_MESSAGES_H

#include <stddef.h>

struct message {
	const char *name;
	const char *text;
	size_t length;
	const char *expected; /* "void": none of it counts */
};

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct message ready_messages[] = {
	{ "alone", TEXT("READY=1"), "ready" },
	{ "with line feed", TEXT("READY=1\n"), "ready" },
	{ "after status", TEXT("STATUS=x\nREADY=1"), "ready status=x" },
	{ "before status", TEXT("READY=1\nSTATUS=x"), "ready status=x" },
	{ "between lines", TEXT("A=1\nREADY=1\nB=1\n"), "ready" },
	{ "after empty lines", TEXT("\n\nREADY=1"), "ready" },
	{ "carriage returns", TEXT("STATUS=x\r\nREADY=1\r\n"), "ready status=x" },
	{ "carriage return alone", TEXT("STATUS=x\rREADY=1\r"), "ready status=x" },
	{ "within a value", TEXT("STATUS=READY=1"), "status=READY=1" },
	{ "10", TEXT("READY=10"), "invalid:0x1" },
	{ "11", TEXT("READY=11"), "invalid:0x1" },
	{ "0", TEXT("READY=0"), "invalid:0x1" },
	{ "no value", TEXT("READY="), "invalid:0x1" },
	{ "no equals sign", TEXT("READY"), "" },
	{ "space before", TEXT(" READY=1"), "" },
	{ "space after", TEXT("READY=1 "), "invalid:0x1" },
	{ "tab after", TEXT("READY=1\t\n"), "invalid:0x1" },
	{ "lower case", TEXT("ready=1"), "" },
	{ "longer name", TEXT("ALREADY=1"), "" },
	{ "vertical tab is not a line end", TEXT("A=1\vREADY=1"), "" },
};

static const struct message state_messages[] = {
	{ "reloading", TEXT("RELOADING=1"), "reloading" },
	{ "reloading with its time", TEXT("RELOADING=1\nMONOTONIC_USEC=7"), "reloading time=7" },
	{ "stopping", TEXT("STOPPING=1"), "stopping" },
	{ "stopping wins over ready", TEXT("STOPPING=1\nREADY=1"), "stopping" },
	{ "stopping wins over reloading", TEXT("RELOADING=1\nSTOPPING=1"), "stopping" },
	{ "ready wins over reloading", TEXT("READY=1\nRELOADING=1"), "ready" },
	{ "stopping wins over both", TEXT("RELOADING=1\nREADY=1\nSTOPPING=1"), "stopping" },
	{ "fd store", TEXT("FDSTORE=1\nFDNAME=x"), "fd-store" },
	{ "fd store, other end", TEXT("FDSTOREREMOVE=1\nFDNAME=x"), "fd-store" },
	{ "main process as descriptor", TEXT("MAINPIDFD=1"), "pidfd" },
};

static const struct message text_messages[] = {
	{ "status", TEXT("STATUS=Processing 1 of 2 = half"), "status=Processing 1 of 2 = half" },
	{ "status, empty", TEXT("STATUS="), "status=" },
	{ "status with a line that looks like one", TEXT("STATUS=a=b\n=c"), "status=a=b" },
	{ "errno", TEXT("ERRNO=2"), "error=2" },
	{ "errno by name", TEXT("ERRNO=ENOENT"), "error=ENOENT" },
	{ "all errors", TEXT("ERRNO=2\nBUSERROR=a.b\nVARLINKERROR=c.d\nEXIT_STATUS=1"),
	  "error=2 bus-error=a.b varlink-error=c.d exit-status=1" },
};

static const struct message number_messages[] = {
	{ "main pid", TEXT("MAINPID=4711\nREADY=1"), "ready main-pid=4711" },
	{ "main pid and its id", TEXT("MAINPID=4711\nMAINPIDFDID=18446744073709551615"),
	  "main-pid=4711 pidfd-id=18446744073709551615" },
	{ "main pid, largest", TEXT("MAINPID=2147483647"), "main-pid=2147483647" },
	{ "main pid, too large", TEXT("MAINPID=2147483648"), "invalid:0x200" },
	{ "main pid, negative", TEXT("MAINPID=-1"), "invalid:0x200" },
	{ "main pid, none", TEXT("MAINPID="), "invalid:0x200" },
	{ "main pid, space", TEXT("MAINPID= 7"), "invalid:0x200" },
	{ "main pid, more behind it", TEXT("MAINPID=7x"), "invalid:0x200" },
	{ "main pid, sign", TEXT("MAINPID=+7"), "invalid:0x200" },
	{ "time, largest", TEXT("MONOTONIC_USEC=18446744073709551615"), "time=18446744073709551615" },
	{ "time, too large", TEXT("MONOTONIC_USEC=18446744073709551616"), "invalid:0x1000" },
	{ "time, far too large", TEXT("MONOTONIC_USEC=99999999999999999999999"), "invalid:0x1000" },
	{ "more time", TEXT("EXTEND_TIMEOUT_USEC=5000000"), "extend=5000000" },
	{ "more time, garbage", TEXT("EXTEND_TIMEOUT_USEC=5s"), "invalid:0x10000" },
	{ "watchdog", TEXT("WATCHDOG_USEC=0"), "watchdog=0" },
};

static const struct message watchdog_messages[] = {
	{ "alive", TEXT("WATCHDOG=1"), "alive" },
	{ "alive, line feed", TEXT("WATCHDOG=1\n"), "alive" },
	{ "not alive", TEXT("WATCHDOG=trigger"), "not-alive" },
	{ "0", TEXT("WATCHDOG=0"), "invalid:0x2000 invalid:0x4000" },
	{ "longer", TEXT("WATCHDOG=triggered"), "invalid:0x2000 invalid:0x4000" },
};

static const struct message access_messages[] = {
	{ "none", TEXT("NOTIFYACCESS=none"), "access=none" },
	{ "main", TEXT("NOTIFYACCESS=main"), "access=main" },
	{ "exec", TEXT("NOTIFYACCESS=exec"), "access=main" },
	{ "all", TEXT("NOTIFYACCESS=all"), "access=all" },
	{ "another", TEXT("NOTIFYACCESS=everybody"), "invalid:0x40000" },
	{ "empty", TEXT("NOTIFYACCESS="), "invalid:0x40000" },
};

static const struct message repeated_messages[] = {
	{ "ready twice", TEXT("READY=1\nREADY=1"), "ready" },
	{ "ready, after another that is none", TEXT("READY=0\nREADY=1"), "ready invalid:0x1" },
	{ "the first status", TEXT("STATUS=a\nSTATUS=b"), "status=a" },
	{ "the first number", TEXT("MAINPID=7\nMAINPID=8"), "main-pid=7" },
	{ "the first number, though it is none", TEXT("MAINPID=x\nMAINPID=8"), "invalid:0x200" },
	{ "the first watchdog", TEXT("WATCHDOG=1\nWATCHDOG=trigger"), "alive" },
	{ "the first access", TEXT("NOTIFYACCESS=none\nNOTIFYACCESS=all"), "access=none" },
};

static const struct message nul_messages[] = {
	{ "at the end", TEXT("READY=1\0"), "ready" },
	{ "after the line feed", TEXT("READY=1\n\0"), "ready" },
	{ "after a value", TEXT("STATUS=x\0"), "status=x" },
	{ "barrier", TEXT("BARRIER=1\0"), "barrier" },
	{ "nothing else", TEXT("\0"), "" },
	{ "two at the end", TEXT("READY=1\0\0"), "void" },
	{ "in front", TEXT("\0READY=1"), "void" },
	{ "between lines", TEXT("READY=1\n\0STATUS=x"), "void" },
	{ "after another line", TEXT("STATUS=\0\nREADY=1"), "void" },
	{ "two, nothing else", TEXT("\0\0"), "void" },
};

static const struct message barrier_messages[] = {
	{ "alone", TEXT("BARRIER=1"), "barrier" },
	{ "with line feed", TEXT("BARRIER=1\n"), "barrier" },
	{ "among empty lines", TEXT("\n\r\nBARRIER=1\r\n\n"), "barrier" },
	{ "0", TEXT("BARRIER=0"), "invalid:0x8" },
	{ "before ready", TEXT("BARRIER=1\nREADY=1"), "invalid:0x8" },
	{ "after ready", TEXT("READY=1\nBARRIER=1"), "invalid:0x8" },
	{ "beside an unknown line", TEXT("BARRIER=1\nX=1"), "invalid:0x8" },
	{ "twice", TEXT("BARRIER=1\nBARRIER=1"), "invalid:0x8" },
};

static const struct message unknown_messages[] = {
	{ "experimental", TEXT("X_SYSTEMD_SHUTDOWN=reboot"), "" },
	{ "restart counter", TEXT("RESTART_RESET=1"), "" },
	{ "name of a descriptor alone", TEXT("FDNAME=x\nFDPOLL=0"), "" },
	{ "beside a known one", TEXT("X_FOO=1\nWATCHDOG=1\nFOO"), "alive" },
	{ "no variable at all", TEXT("hello"), "" },
	{ "no name", TEXT("=1"), "" },
	{ "only equals signs", TEXT("==\n="), "" },
	{ "empty", TEXT(""), "" },
	{ "line ends only", TEXT("\n\r\n\r"), "" },
	{ "no text", TEXT("\xff\xfe=\x80"), "" },
};

#endif
