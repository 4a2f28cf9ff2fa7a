/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output: one buffer, write(2), and the first write error. The only user of
 * stdout. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Return room for n more bytes (n at most OUT_ROOM): write there, then call out_done()
 * with the end. */
#define OUT_ROOM 65536
char *out_room(void);
void out_done(const char *end);

void out_bytes(const char *p, size_t n);
void out_text(const char *text);
void out_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print a paragraph, wrapped at 80 columns. */
void out_paragraph(const char *text);

/* The same for an indented paragraph: the current line has already reached the column
 * `indent`, and the following lines begin there. */
void out_indented(const char *text, size_t indent);

/* Return the number of columns if stdout is a terminal, else 0. */
size_t out_columns(void);

/* Return whether stdout is a terminal, which must not get control bytes. */
bool out_is_terminal(void);

/*
 * For callers that must know what reached the reader: from now on, write to this
 * descriptor (0: standard output), and fail with -EINTR when a blocked write is
 * interrupted and stop() returns true (NULL: never). Both counters restart: bytes
 * buffered so far, and bytes really written.
 */
void out_start(int fd, bool (*stop)(void));
uint64_t out_position(void);
uint64_t out_written(void);

/* Discard the buffer and the error; the caller has reported both. */
void out_drop(void);

/* Flush the buffer. Returns 0, or -errno of the first failure ever. */
int out_flush(void);

/*
 * For commands that act and print what they did: flush, and report a failure (once). Call
 * this function before the next action. Returns 0, or exit status 1 after a message; the
 * caller then reports the actions that were done but are not recorded in the output.
 * EPIPE is a failure here, too. Later output is dropped.
 */
int out_check(void);

/* Call this before the first action: like out_check(), but detects a closed stdout
 * without writing. */
int out_ready(void);

/* Return whether out_check() has reported a failure. */
bool out_told(void);
