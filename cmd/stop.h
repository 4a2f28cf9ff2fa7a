/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Termination signals as a request to finish cleanly. */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * Catch the termination signals. From now on each is recorded and interrupts waits every
 * 10 ms until the process ends, so that none is lost between a check and the wait.
 * Ignored signals stay ignored. SIGPIPE is ignored: a closed pipe is then an error of
 * write(2).
 */
void stop_catch(void);

/* Return whether a signal has arrived. */
bool stop_wanted(void);

/* Return how many have arrived, for callers that end at once on the second. */
unsigned stop_times(void);

/* Block these signals and the timer, so that nothing interrupts while messages are put
 * back. */
void stop_hush(void);

/* Die of the signal that arrived, so that a shell sees it; return status if there was
 * none. */
int stop_end(int status);

/* For callers that wait for signals themselves: return the set of signals to block (those
 * that are not ignored); record that one was received. */
void stop_block(sigset_t *ret_set);
void stop_now(int signo);
