/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGINT, SIGTERM and SIGHUP as a request to come to a good end. */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * From now on they are remembered and interrupt what waits, again and again until the
 * process ends, so that none falls between the question and the wait. Those that were
 * ignored stay so. A reader that goes away is an error of write(2).
 */
void stop_catch(void);

/* Whether one of them came. */
bool stop_wanted(void);

/* How many came so far: for those whom a second one ends at once. */
unsigned stop_times(void);

/* Nothing interrupts from now on: what was taken is being put back. */
void stop_hush(void);

/* End by the signal that came, so that a shell sees it; answers the status if none did. */
int stop_end(int status);

/* For those who wait for signals themselves: the ones that are not ignored, to be
 * blocked; and that one of them was taken. */
void stop_block(sigset_t *ret_set);
void stop_now(int signo);
