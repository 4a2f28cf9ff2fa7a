/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three files of /proc/sysvipc as Linux writes them; all three are read into the same
 * struct. The parser under test knows only these descriptions of the files.
 */
#pragma once

#include "mech/sysvtext.h"

struct text_row {
	struct ix_sysv_row base;
	uint64_t number[4]; /* size rss swap nattch, cbytes qnum, nsems */
	int64_t time[2];
	int32_t pid[2];
};

#define TEXT_TIME(name, f, i)                                           \
	{                                                               \
		.heading = name, .field = (f), .negative = true,        \
		.offset = offsetof(struct text_row, time[i]), .size = 8 \
	}
#define TEXT_ROW(name, f, member) IX_WORD(name, f, struct text_row, member)

/* clang-format off */
static const struct ix_sysv_word shm_words[] = {
	IX_SYSV_WORDS(struct text_row),
	TEXT_ROW("shmid", IPCX_F_ID, base.id),
	TEXT_ROW("size", IPCX_F_SIZE, number[0]),
	TEXT_ROW("cpid", IPCX_F_CPID, pid[0]),
	TEXT_ROW("lpid", IPCX_F_LPID, pid[1]),
	TEXT_ROW("nattch", IPCX_F_NATTCH, number[3]),
	TEXT_TIME("atime", IPCX_F_ATIME, 0),
	TEXT_TIME("dtime", IPCX_F_DTIME, 1),
	TEXT_ROW("rss", IPCX_F_RSS, number[1]),
	TEXT_ROW("swap", IPCX_F_SWAP, number[2]),
	{ .heading = "" },
};

static const struct ix_sysv_word msg_words[] = {
	IX_SYSV_WORDS(struct text_row),
	TEXT_ROW("msqid", IPCX_F_ID, base.id),
	TEXT_ROW("cbytes", IPCX_F_CBYTES, number[0]),
	TEXT_ROW("qnum", IPCX_F_QNUM, number[1]),
	TEXT_ROW("lspid", IPCX_F_LSPID, pid[0]),
	TEXT_ROW("lrpid", IPCX_F_LRPID, pid[1]),
	TEXT_TIME("stime", IPCX_F_STIME, 0),
	TEXT_TIME("rtime", IPCX_F_RTIME, 1),
	{ .heading = "" },
};

static const struct ix_sysv_word sem_words[] = {
	IX_SYSV_WORDS(struct text_row),
	TEXT_ROW("semid", IPCX_F_ID, base.id),
	TEXT_ROW("nsems", IPCX_F_NSEMS, number[0]),
	TEXT_TIME("otime", IPCX_F_OTIME, 0),
	{ .heading = "" },
};

static const struct text_kind {
	struct ix_sysv sysv;
	const char *heading; /* Linux 6.1, 64 bits */
} kinds[] = {
	{ { .name = "shm", .words = shm_words },
	  "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap" },
	{ { .name = "msg", .words = msg_words },
	  "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime" },
	{ { .name = "sem", .words = sem_words },
	  "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime" },
};
/* clang-format on */
