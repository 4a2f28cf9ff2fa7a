/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of msgcauses.c, made in lib/why/msg.c. */
#pragma once

#include "core/cause.h"

enum ix_msg_check {
	IX_MSG_ELSEWHERE = IX_CHECK_MSG,
	IX_MSG_ABSENT,
	IX_MSG_EXISTS,
	IX_MSG_GET_DENIED,
	IX_MSG_FULL, /* msgmni */
	IX_MSG_GET_MEMORY,
	IX_MSG_LONG, /* msgmax */
	IX_MSG_TYPE,
	IX_MSG_NO_ID,
	IX_MSG_ID_ELSEWHERE,
	IX_MSG_SEND_DENIED,
	IX_MSG_NO_BYTES,  /* qbytes bytes are in the queue */
	IX_MSG_NO_NUMBER, /* qbytes messages are in the queue */
	IX_MSG_MEMORY,
	IX_MSG_REMOVED,
	IX_MSG_LOGOUT,
	IX_MSG_SIGNAL,
	IX_MSG_LENGTH, /* of the receiver's buffer */
	IX_MSG_COPY_FLAGS,
	IX_MSG_COPY_LACKS,
	IX_MSG_RECEIVE_DENIED,
	IX_MSG_NONE,
	IX_MSG_BUFFER,
	IX_MSG_CMD,
	IX_MSG_STAT_DENIED,
	IX_MSG_OWNER,
	IX_MSG_QBYTES,
	IX_MSG_NEW_OWNER,
};
