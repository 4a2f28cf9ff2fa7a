/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals while another program runs in our place: held here, and given back to it as
 * our caller had them. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/types.h>

struct signals {
	int fd; /* signalfd(2), or -1 */
	sigset_t held;
	sigset_t mask;      /* what was blocked before */
	void (*child)(int); /* what SIGCHLD was */
};

/* A file that may not grow is an error of write(2) to us, not the end: what was made is
 * taken back then. At the start of the program; given back to whoever we become. */
void signals_begin(void);
void signals_finish(void);

/* A reader that goes away is an error of write(2) from now on, and not our end: between
 * an act and its record. */
void signals_outlive_reader(void);

/*
 * Hold every signal that could end or stop us, but SIGKILL, SIGSTOP, faults, and what a
 * terminal sends to those who use it from the background. signals_block() opens nothing:
 * for who makes a process in another place. signals_hold() answers 0 or -errno.
 */
void signals_block(struct signals *s);
int signals_hold(struct signals *s);

/* The next one, from the descriptor; false when there is none. */
bool signals_next(const struct signals *s, struct signalfd_siginfo *ret_info);

/* Wait for the next one, without a descriptor; false when something else came. */
bool signals_wait(const struct signals *s, siginfo_t *ret_info);

/* As they were: in the process that becomes another program. */
void signals_give_back(const struct signals *s);

/* Change who is in the foreground without being stopped for it: who leads a session. */
void signals_keep_front(void);

/* Send a signal to ourselves, or to our process group (kill(2): getpid() or 0), and take
 * it as who has never heard of it. */
void signals_suffer(pid_t whom, int number);

/* End as a child did (a status of waitpid(2)): by its signal, or answer its exit status. */
int signals_end_like(int status);
