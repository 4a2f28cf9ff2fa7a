/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands over message queues share, whatever mechanism they are of
 * (IPCX_CAN_QUEUE): how one is opened, and what a message looks like. */
#pragma once

#include "base/buf.h"
#include "verb.h"

/* Options are in the command's own struct; these are their common beginning. */
struct queue_args {
	struct ns_args where;
	struct wait_args wait;
};

/* Open the queue that the first word names; or only to look at its messages. 0, or an
 * exit status after a message. */
int queue_begin(struct app *app, const struct ns_args *where, const char *word,
		unsigned flags, struct ipcx_queue **ret_q);
int queue_look(struct app *app, const struct ns_args *where, const char *word,
	       struct ipcx_queue **ret_q);

/* How many messages there are: who takes "all" takes so many, also when others go on
 * sending. UINT64_MAX where that is not to be known. */
uint64_t queue_there(struct ipcx_queue *q);

/* One message in a format for programs, appended to standard output's buffer; label is
 * what its number is called: "type". */
typedef int queue_put(const char *label, const struct ipcx_message *m);

/* The function of "raw", "lines", "hex" or "json"; NULL for any other word. */
queue_put *queue_format(const char *word);

/* Messages on their way to the reader. */
struct delivery {
	struct app *app;
	struct ipcx_queue *q;
	queue_put *put;
	const char *where; /* "standard output" */
	int file;          /* the output, when it is a regular file that began empty */
	bool no_copies;    /* the kernel makes none */
	uint64_t taken;
	uint64_t whole; /* bytes of the output up to the end of the last that is whole
			   there */
	uint64_t false_ones; /* records in the output whose messages others got */
};

/* Take the next message and write it. 0; 1 when that failed and has said so; -errno of
 * the library. */
int deliver_next(struct delivery *d, const struct ipcx_take *take, int64_t timeout);

/* Write a message that was taken: what the library answered last. 0, or 1 after a
 * message: then it is in the queue again, or stands in standard error. */
int deliver_message(struct delivery *d, const struct ipcx_message *m);

/* Say that writing failed, and give back what was taken, if anything. Answers 1. */
int deliver_failed(struct delivery *d, int error, const struct ipcx_message *m);

/*
 * move.c: write the next messages, at most so many, and take them then; where there are
 * no copies, as deliver_next(), one. -ENODATA when there is none; else as that.
 */
int move_some(struct delivery *d, uint64_t most, uint64_t *ret_n);
