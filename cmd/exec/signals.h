/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals while we run another program: blocked in our process, and reset for that
 * program to what our caller had set. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/types.h>

struct signals {
	int fd; /* signalfd(2), or -1 */
	sigset_t held;
	sigset_t mask;      /* the signal mask to restore */
	void (*child)(int); /* the SIGCHLD handler to restore */
};

/* signals_begin(), at the start of the program: make exceeding the file size limit an
 * error of write(2) instead of death by SIGXFSZ, so that a partial file can be removed.
 * signals_finish(): undo that before becoming another program. */
void signals_begin(void);
void signals_finish(void);

/* From now on, make a closed pipe an error of write(2) instead of death by SIGPIPE, so
 * that we are not killed between an action and the output that records it. */
void signals_outlive_reader(void);

/* Let the status of a child be known, also if our caller ignores SIGCHLD. */
void signals_await_children(void);

/*
 * Block every signal that could end or stop us, except SIGKILL, SIGSTOP, faults, and
 * those that a terminal sends to background processes. signals_block() opens no
 * descriptor: it is for a process created in another namespace. signals_hold() also opens
 * a signalfd; returns 0 or -errno.
 */
void signals_block(struct signals *s);
int signals_hold(struct signals *s);

/* Read the next signal from the descriptor; returns false if there is none. */
bool signals_next(const struct signals *s, struct signalfd_siginfo *ret_info);

/* Wait for the next signal, without a descriptor; returns false if interrupted. */
bool signals_wait(const struct signals *s, siginfo_t *ret_info);

/* Restore mask and SIGCHLD, in the process that becomes another program. */
void signals_give_back(const struct signals *s);

/* Let a session leader change the foreground process group without being stopped for
 * it. */
void signals_keep_front(void);

/* Give a signal its default action, and send it to ourselves or to our process group
 * (whom is getpid() or 0, as for kill(2)). */
void signals_suffer(pid_t whom, int number);

/* End in the same way as a child with this waitpid(2) status: die by its signal, or
 * return its exit status. */
int signals_end_like(int status);
