/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the commands for message queues of any mechanism (IPCX_CAN_QUEUE): opening a
 * queue, and the formats of messages. */
#pragma once

#include "base/buf.h"
#include "verb.h"

/* The members with which the argument struct of each queue command begins. */
struct queue_args {
	struct ns_args where;
	struct wait_args wait;
};

/* Open the queue that a word names; after queue_look(), the messages of the queue can be
 * looked at, but not received. Returns 0, or an exit status after a message. */
int queue_begin(struct app *app, const struct ns_args *where, const char *word,
		unsigned flags, struct ipcx_queue **ret_q);
int queue_look(struct app *app, const struct ns_args *where, const char *word,
	       struct ipcx_queue **ret_q);

/* Return the number of messages now; UINT64_MAX if unknown. Commands that process all
 * messages stop after that many, even if more are sent meanwhile. */
uint64_t queue_there(struct ipcx_queue *q);

/* Print a message in a format for programs; label is the name of its number: "type". */
typedef int queue_put(const char *label, const struct ipcx_message *m);

/* Return the function for "raw", "lines", "hex" or "json"; NULL for any other word. */
queue_put *queue_format(const char *word);

/* The delivery of messages to the reader. */
struct delivery {
	struct app *app;
	struct ipcx_queue *q;
	queue_put *put;
	const char *where; /* "standard output" */
	int file; /* descriptor of the output, if the output is a regular file that was
		     empty at first */
	bool no_copies; /* the kernel cannot copy messages */
	uint64_t taken;
	uint64_t whole;      /* size of the output up to the last complete record */
	uint64_t false_ones; /* records in the output whose messages another reader
				received */
};

/* Receive the next message and write it. Returns 0; 1 after reporting a failed write;
 * -errno of the library. */
int deliver_next(struct delivery *d, const struct ipcx_take *take, int64_t timeout);

/* Write the message that the library returned last. Returns 0, or 1 after reporting an
 * error: the message is then in the queue again, or was written to stderr. */
int deliver_message(struct delivery *d, const struct ipcx_message *m);

/* Report a write error, and put back the message m (or NULL). Returns 1. */
int deliver_failed(struct delivery *d, int error, const struct ipcx_message *m);

/* move.c: write at most `most` of the next messages, then receive them; without MSG_COPY,
 * move one message like deliver_next(). Returns -ENODATA if there is no message;
 * otherwise like deliver_next(). */
int move_some(struct delivery *d, uint64_t most, uint64_t *ret_n);
