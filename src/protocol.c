/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The table of shapes; see protocol.h. */
#include "protocol.h"

#include "base/util.h"

/*
 * A datagram can be received by anybody; a stop is seen by the parent only, so somebody of ours must
 * be the parent until then, or for life. A condition is seen by anybody; but a host that believes
 * only its main process would have to be told by one that has become the daemon, so there we stay
 * the main process until then. Where nobody is told there is something to attend to only
 * for the sake of a ready file. A daemon that goes to the background leaves a host that wants its own
 * child nothing to watch but us, told or not; a host that understands it needs nobody. A pair that is
 * not here is refused, never guessed.
 */
static const struct {
	enum speaks speaks;
	enum learns learns;
	enum shape shape;
} shapes[] = {
	{ SPEAKS_NOTHING, LEARNS_NOTHING, SHAPE_REPLACE },
	{ SPEAKS_DATAGRAM, LEARNS_NOTHING, SHAPE_ATTEND },
	{ SPEAKS_DATAGRAM, LEARNS_BY_NEWLINE, SHAPE_ATTEND },
	{ SPEAKS_DATAGRAM, LEARNS_BY_DATAGRAM, SHAPE_ATTEND },
	{ SPEAKS_DATAGRAM, LEARNS_BY_EXIT, SHAPE_ATTEND },
	{ SPEAKS_DATAGRAM, LEARNS_BY_MAIN_PID, SHAPE_REPLACE },
	{ SPEAKS_DATAGRAM, LEARNS_BY_STOP, SHAPE_ATTEND },
	{ SPEAKS_NEWLINE, LEARNS_NOTHING, SHAPE_ATTEND },
	{ SPEAKS_NEWLINE, LEARNS_BY_NEWLINE, SHAPE_REPLACE },
	{ SPEAKS_NEWLINE, LEARNS_BY_DATAGRAM, SHAPE_ATTEND },
	{ SPEAKS_NEWLINE, LEARNS_BY_EXIT, SHAPE_ATTEND },
	{ SPEAKS_NEWLINE, LEARNS_BY_MAIN_PID, SHAPE_HAND_OVER },
	{ SPEAKS_NEWLINE, LEARNS_BY_STOP, SHAPE_ATTEND },
	{ SPEAKS_STOP, LEARNS_NOTHING, SHAPE_SUPERVISE },
	{ SPEAKS_STOP, LEARNS_BY_NEWLINE, SHAPE_SUPERVISE },
	{ SPEAKS_STOP, LEARNS_BY_DATAGRAM, SHAPE_SUPERVISE },
	{ SPEAKS_STOP, LEARNS_BY_EXIT, SHAPE_SUPERVISE },
	{ SPEAKS_STOP, LEARNS_BY_MAIN_PID, SHAPE_HAND_OVER },
	{ SPEAKS_STOP, LEARNS_BY_STOP, SHAPE_REPLACE },
	{ SPEAKS_EXIT, LEARNS_NOTHING, SHAPE_SUPERVISE },
	{ SPEAKS_EXIT, LEARNS_BY_NEWLINE, SHAPE_SUPERVISE },
	{ SPEAKS_EXIT, LEARNS_BY_DATAGRAM, SHAPE_SUPERVISE },
	{ SPEAKS_EXIT, LEARNS_BY_EXIT, SHAPE_REPLACE },
	{ SPEAKS_EXIT, LEARNS_BY_MAIN_PID, SHAPE_REPLACE },
	{ SPEAKS_EXIT, LEARNS_BY_STOP, SHAPE_SUPERVISE },
	{ SPEAKS_EXIT, LEARNS_BY_FORK, SHAPE_REPLACE },
	{ SPEAKS_CONDITION, LEARNS_NOTHING, SHAPE_ATTEND },
	{ SPEAKS_CONDITION, LEARNS_BY_NEWLINE, SHAPE_ATTEND },
	{ SPEAKS_CONDITION, LEARNS_BY_DATAGRAM, SHAPE_ATTEND },
	{ SPEAKS_CONDITION, LEARNS_BY_EXIT, SHAPE_ATTEND },
	{ SPEAKS_CONDITION, LEARNS_BY_MAIN_PID, SHAPE_HAND_OVER },
	{ SPEAKS_CONDITION, LEARNS_BY_STOP, SHAPE_ATTEND },
};

bool protocol_find_shape(enum speaks speaks, enum learns learns, enum shape *ret_shape)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (shapes[i].speaks == speaks && shapes[i].learns == learns) {
			*ret_shape = shapes[i].shape;
			return true;
		}
	}
	return false;
}
