/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Questions to the service managers over D-Bus, asked through the separate program bus-query.
 *
 * libdbus' own timeouts cover neither connecting nor authentication, so a hung bus can only be
 * bounded from outside: bus-query is started when an answer is needed that nothing cheaper gives,
 * answers on a pipe, and is killed at its deadline. It also keeps the library, which costs more to
 * load than everything else we do, out of this program.
 */
#ifndef CIB_BUS_ASK_H
#define CIB_BUS_ASK_H

#include <stddef.h>
#include <sys/types.h>

/* So many bytes an answer has at most: bus-query gives no longer one, and nobody reads one. */
#define BUS_ANSWER_MAX 8192

/* What bus-query wants of our environment; ended by NULL. */
extern const char *const bus_variables[];

/* A question under way. */
struct bus_call {
	pid_t pid;
	int fd; /* its answer, until end of file */
	size_t used;
	char answer[BUS_ANSWER_MAX + 2]; /* one byte more, by which a longer one is seen, and a NUL */
};

/* Returns 0, or -ENOENT: bus-query is not installed. */
int bus_is_possible(void);

/*
 * Starts bus-query with the arguments @question (NULL-terminated, the question's name first), which are borrowed
 * until this returns. Returns 0, or -errno (-ENOENT: the program is not installed). After 0 @ret_call is the caller's,
 * who ends it by bus_read(), bus_read_line() or bus_cancel(); after an error there is nothing to end.
 */
int bus_start(const char *const *question, struct bus_call *ret_call);

/*
 * Reads what is there of the answer. Returns 1 when it is complete, 0 if more will come, or -errno
 * (-EFBIG, -ENXIO: the manager knows no such thing, -EIO: bus-query could not ask, -EOPNOTSUPP: it is of
 * another version and does not know the question). At anything
 * but 0 the call is over and its process reaped; the answer is call->answer, ended by a NUL.
 */
int bus_read(struct bus_call *call);

/*
 * For a question whose answer is one line after the other: copies the last whole line that is there
 * to @line, without its newline. Returns 1; 0 if there is none yet; or -errno, the call then is over.
 */
int bus_read_line(struct bus_call *call, char *line, size_t size);

/* Ends @call, kills and reaps its process. Does nothing if it is over. */
void bus_cancel(struct bus_call *call);

/*
 * Asks and waits at most *@budget_ms, from which the time taken is deducted.
 * Returns 0 (the answer is in @call) or -errno as above (-ETIMEDOUT: no budget left, or used up).
 */
int bus_ask(const char *const *question, int *budget_ms, struct bus_call *call);

/* Returns what a negative errno of the functions above means, for messages: a constant. */
const char *bus_error(int error);

#endif
