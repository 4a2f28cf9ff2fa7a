/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output: one buffer, write(2), and the first write error remembered. The home
 * of stdout. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Room for n more bytes (n at most OUT_ROOM): write there, then out_done() with the end. */
#define OUT_ROOM 65536
char *out_room(void);
void out_done(const char *end);

void out_bytes(const char *p, size_t n);
void out_text(const char *text);
void out_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The words of a paragraph, broken at 80 columns. */
void out_paragraph(const char *text);

/* The same behind what stands on the line up to this column, where the next ones begin. */
void out_indented(const char *text, size_t indent);

/* The columns of the terminal that it goes to; 0 when it is none. */
size_t out_columns(void);

/* Whether people see it as it is: then no bytes that would change their terminal. */
bool out_is_terminal(void);

/*
 * For those who have to know what reached the reader: write to this descriptor from now
 * on (0: standard output), and give up a write that waits when stop() says so (NULL:
 * never), with -EINTR. Bytes are counted from here: put so far, and really written.
 */
void out_start(int fd, bool (*stop)(void));
uint64_t out_position(void);
uint64_t out_written(void);

/* Forget what is buffered, and the failure: whoever calls has told of both. */
void out_drop(void);

/* Write out what is buffered. 0, or -errno of the first failure ever. */
int out_flush(void);

/*
 * For those who act and print what they did: is all of it really written by now? To be
 * asked before the next act. 0, or exit status 1 after a message (said once; the caller
 * adds what was done and is recorded nowhere). A reader that has gone away has read
 * nothing, either. What is printed afterwards is dropped.
 */
int out_check(void);

/*
 * The same before something is done whose record is to be printed: what is closed is seen
 * without writing, too.
 */
int out_ready(void);

/* Whether out_check() has told of the failure. */
bool out_told(void);
