/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Treat termination signals as a request to finish cleanly. */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * Catch the termination signals. From now on, each signal is recorded and interrupts
 * waits every 10 ms until the process ends, so that no signal is lost between a check and
 * the following wait. Ignored signals stay ignored. SIGPIPE is ignored: a closed pipe is
 * then an error of write(2).
 */
void stop_catch(void);

/* Return whether a signal has arrived. */
bool stop_wanted(void);

/* Return how many signals have arrived, for callers that end at once on the second
 * signal. */
unsigned stop_times(void);

/* Block these signals and the timer, so that nothing interrupts while messages are put
 * back. */
void stop_hush(void);

/* Die of the signal that arrived, so that a shell sees the signal; if no signal arrived,
 * return status. */
int stop_end(int status);

/* For callers that wait for signals themselves. stop_block(): return the set of signals
 * to block (those that are not ignored). stop_now(): record that a signal was
 * received. */
void stop_block(sigset_t *ret_set);
void stop_now(int signo);
