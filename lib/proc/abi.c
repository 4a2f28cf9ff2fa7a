/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers are those of the kernel's arch/.../syscall*.tbl and scripts/syscall.tbl;
 * tests/unit/test_blocked.c compares those of the machine with its headers. A call that
 * an instruction set does not have is NO there. From 403 on all have the same numbers.
 * The calls of s390x and ppc64 without a number of their own go through ipc(2). x32 has
 * the numbers of x86-64, except for those above 511, which are for calls with pointers in
 * memory; here bit 30 is removed.
 */
#include "proc/abi.h"

#define NO (-1)

#define X32 IX_ABIS /* the column after those of enum ix_abi */

/* clang-format off */
static const struct ix_form
	semop =    { IX_WAIT_SEM, .object = IX_ARG_0, .data = IX_ARG_1, .count = IX_ARG_2 },
	semtimed = { IX_WAIT_SEM, .rule = IX_RULE_SEMTIMEDOP, .object = IX_ARG_0, .data = IX_ARG_1, .count = IX_ARG_2, .timeout = IX_ARG_3 },
	msgsnd =   { IX_WAIT_MSG, .sends = true, .object = IX_ARG_0, .count = IX_ARG_2, .flags = IX_ARG_3 },
	msgrcv =   { IX_WAIT_MSG, .object = IX_ARG_0, .count = IX_ARG_2, .mtype = IX_ARG_3, .flags = IX_ARG_4 },
	ipc =      { IX_WAIT_NONE, .rule = IX_RULE_IPC },
	mqsend =   { IX_WAIT_MQ, .sends = true, .object = IX_ARG_0, .count = IX_ARG_2, .timeout = IX_ARG_4, .absolute = true },
	mqrecv =   { IX_WAIT_MQ, .object = IX_ARG_0, .count = IX_ARG_2, .timeout = IX_ARG_4, .absolute = true },
	futex =    { IX_WAIT_FUTEX, .rule = IX_RULE_FUTEX, .object = IX_ARG_0, .timeout = IX_ARG_3 },
	waitv =    { IX_WAIT_FUTEX, .rule = IX_RULE_WAITV, .data = IX_ARG_0, .count = IX_ARG_1, .timeout = IX_ARG_3 },
	wait =     { IX_WAIT_FUTEX, .rule = IX_RULE_FUTEX_WAIT, .object = IX_ARG_0, .timeout = IX_ARG_4 },
	restart =  { IX_WAIT_FUTEX, .rule = IX_RULE_RESTART, .object = IX_ARG_0, .timeout = IX_ARG_3 },
	input =    { IX_WAIT_PIPE, .object = IX_ARG_0, .count = IX_ARG_2 },
	inputs =   { IX_WAIT_PIPE, .object = IX_ARG_0 },
	output =   { IX_WAIT_PIPE, .sends = true, .object = IX_ARG_0, .count = IX_ARG_2 },
	outputs =  { IX_WAIT_PIPE, .sends = true, .object = IX_ARG_0 },
	splice =   { IX_WAIT_PIPE, .object = IX_ARG_0, .other = IX_ARG_2, .count = IX_ARG_4 },
	tee =      { IX_WAIT_PIPE, .object = IX_ARG_0, .other = IX_ARG_1, .count = IX_ARG_2 },
	sendfile = { IX_WAIT_PIPE, .object = IX_ARG_1, .other = IX_ARG_0, .count = IX_ARG_3 },
	open =     { IX_WAIT_OPEN, .data = IX_ARG_0, .flags = IX_ARG_1 },
	creat =    { IX_WAIT_OPEN, .rule = IX_RULE_CREAT, .data = IX_ARG_0 },
	openat =   { IX_WAIT_OPEN, .dirfd = IX_ARG_0, .data = IX_ARG_1, .flags = IX_ARG_2 },
	openat2 =  { IX_WAIT_OPEN, .dirfd = IX_ARG_0, .data = IX_ARG_1, .flags_at = IX_ARG_2 };

static const struct {
	struct ix_call call;
	int16_t nr[IX_ABIS + 1];
} calls[] = {
	/* name, time64, form                         x86-64 i386 arm64  arm  s390x ppc64  x32 */
	{ { "semop",        false, &semop },         {  65,   NO, 193,  298,   NO,   NO,   65 } },
	{ { "semtimedop",   false, &semtimed },      { 220,   NO, 192,  312,  392,  392,  220 } },
	{ { "semtimedop",   true,  &semtimed },      {  NO,  420,  NO,  420,   NO,   NO,   NO } },
	{ { "msgsnd",       false, &msgsnd },        {  69,  400, 189,  301,  400,  400,   69 } },
	{ { "msgrcv",       false, &msgrcv },        {  70,  401, 188,  302,  401,  401,   70 } },
	{ { "ipc",          false, &ipc },           {  NO,  117,  NO,   NO,  117,  117,   NO } },
	{ { "mq_send",      false, &mqsend },        { 242,  279, 182,  276,  273,  264,  242 } },
	{ { "mq_send",      true,  &mqsend },        {  NO,  418,  NO,  418,   NO,   NO,   NO } },
	{ { "mq_receive",   false, &mqrecv },        { 243,  280, 183,  277,  274,  265,  243 } },
	{ { "mq_receive",   true,  &mqrecv },        {  NO,  419,  NO,  419,   NO,   NO,   NO } },
	{ { "futex",        false, &futex },         { 202,  240,  98,  240,  238,  221,  202 } },
	{ { "futex",        true,  &futex },         {  NO,  422,  NO,  422,   NO,   NO,   NO } },
	{ { "futex_waitv",  true,  &waitv },         { 449,  449, 449,  449,  449,  449,  449 } },
	{ { "futex_wait",   true,  &wait },          { 455,  455, 455,  455,  455,  455,  455 } },
	{ { "futex",        false, &restart },       { 219,    0, 128,    0,    7,    0,  219 } },
	{ { "read",         false, &input },         {   0,    3,  63,    3,    3,    3,    0 } },
	{ { "write",        false, &output },        {   1,    4,  64,    4,    4,    4,    1 } },
	{ { "readv",        false, &inputs },        {  19,  145,  65,  145,  145,  145,  515 } },
	{ { "writev",       false, &outputs },       {  20,  146,  66,  146,  146,  146,  516 } },
	{ { "preadv",       false, &inputs },        { 295,  333,  69,  361,  328,  320,  534 } },
	{ { "pwritev",      false, &outputs },       { 296,  334,  70,  362,  329,  321,  535 } },
	{ { "preadv2",      false, &inputs },        { 327,  378, 286,  392,  376,  380,  546 } },
	{ { "pwritev2",     false, &outputs },       { 328,  379, 287,  393,  377,  381,  547 } },
	{ { "splice",       false, &splice },        { 275,  313,  76,  340,  306,  283,  275 } },
	{ { "tee",          false, &tee },           { 276,  315,  77,  342,  308,  284,  276 } },
	{ { "vmsplice",     false, &outputs },       { 278,  316,  75,  343,  309,  285,  532 } },
	{ { "sendfile",     false, &sendfile },      {  40,  187,  71,  187,  187,  186,   40 } },
	{ { "sendfile",     false, &sendfile },      {  NO,  239,  NO,  239,   NO,   NO,   NO } },
	{ { "open",         false, &open },          {   2,    5,  NO,    5,    5,    5,    2 } },
	{ { "creat",        false, &creat },         {  85,    8,  NO,    8,    8,    8,   85 } },
	{ { "openat",       false, &openat },        { 257,  295,  56,  322,  288,  286,  257 } },
	{ { "openat2",      false, &openat2 },       { 437,  437, 437,  437,  437,  437,  437 } },
};
/* clang-format on */

const struct ix_call *ix_call_find(enum ix_abi abi, bool x32, int64_t nr)
{
	size_t column = x32 ? X32 : (size_t)abi;

	if (nr < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr[column] == nr)
			return &calls[i].call;
	return NULL;
}
