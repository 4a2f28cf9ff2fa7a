/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of all attributes that objects can be created with: the only place that
 * connects an attribute's bit with its name, member and field.
 */
#include "core/attr.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define MEMBER(m) offsetof(struct ipcx_attrs, m), sizeof(((struct ipcx_attrs *)0)->m)
#define NO_NUMBER 0, 0 /* a flag without a member, or a member that is not a number */

/* clang-format off */
static const struct ix_attr attrs[] = {
	/* bit                name          field           member           fits */
	{ IPCX_A_NAME,       "name",       IPCX_F_NAME,    NO_NUMBER,       false },
	{ IPCX_A_KEY,        "key",        IPCX_F_KEY,     MEMBER(key),     false },
	{ IPCX_A_MODE,       "mode",       IPCX_F_MODE,    MEMBER(mode),    false },
	{ IPCX_A_UID,        "owner",      IPCX_F_UID,     MEMBER(uid),     false },
	{ IPCX_A_GID,        "group",      IPCX_F_GID,     MEMBER(gid),     false },
	{ IPCX_A_SIZE,       "size",       IPCX_F_SIZE,    MEMBER(bytes),   true  },
	{ IPCX_A_QBYTES,     "qbytes",     IPCX_F_QBYTES,  MEMBER(qbytes),  true  },
	{ IPCX_A_NSEMS,      "nsems",      IPCX_F_NSEMS,   MEMBER(nsems),   true  },
	{ IPCX_A_INIT,       "init",       IPCX_NO_FIELD,  NO_NUMBER,       false },
	{ IPCX_A_MAXMSG,     "maxmsg",     IPCX_F_MAXMSG,  MEMBER(maxmsg),  true  },
	{ IPCX_A_MSGSIZE,    "msgsize",    IPCX_F_MSGSIZE, MEMBER(msgsize), true  },
	{ IPCX_A_HUGE,       "huge",       IPCX_NO_FIELD,  MEMBER(huge),    false },
	{ IPCX_A_NORESERVE,  "noreserve",  IPCX_NO_FIELD,  NO_NUMBER,       false },
	{ IPCX_A_LOCK,       "lock",       IPCX_F_LOCKED,  NO_NUMBER,       false },
	{ IPCX_A_UNLOCK,     "unlock",     IPCX_NO_FIELD,  NO_NUMBER,       false },
	{ IPCX_A_FROM,       "from",       IPCX_NO_FIELD,  MEMBER(from),    false },
	{ IPCX_A_ID,         "id",         IPCX_F_ID,      MEMBER(id),      false },
	{ IPCX_A_COUNT,      "count",      IPCX_NO_FIELD,  MEMBER(count),   false },
	{ IPCX_A_IF_MISSING, "if-missing", IPCX_NO_FIELD,  NO_NUMBER,       false },
	{ IPCX_A_ALLOCATE,   "allocate",   IPCX_NO_FIELD,  NO_NUMBER,       false },
};
/* clang-format on */

const struct ix_attr *ix_attr(unsigned i)
{
	return i < ARRAY_SIZE(attrs) ? &attrs[i] : NULL;
}

uint64_t ix_attr_value(const struct ix_attr *attr, const struct ipcx_attrs *a)
{
	const char *member = (const char *)a + attr->offset;
	uint32_t narrow;
	uint64_t wide;

	if (attr->size == 0)
		return 0;
	if (attr->size == sizeof(wide)) {
		memcpy(&wide, member, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, member, sizeof(narrow));
	return narrow;
}

void ix_attr_set(const struct ix_attr *attr, struct ipcx_attrs *a, uint64_t value)
{
	char *member = (char *)a + attr->offset;
	uint32_t narrow = (uint32_t)value;

	a->set |= attr->bit;
	if (attr->size == sizeof(value))
		memcpy(member, &value, sizeof(value));
	else if (attr->size)
		memcpy(member, &narrow, sizeof(narrow));
}

void ix_attr_names(uint64_t mask, char *buf, size_t size)
{
	size_t len = 0;

	if (size)
		buf[0] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(attrs) && len < size; i++)
		if (mask & attrs[i].bit)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						len ? ", " : "", attrs[i].name);
	for (unsigned i = ARRAY_SIZE(attrs); i < 64 && len < size; i++)
		if (mask >> i & 1)
			len += (size_t)snprintf(
				buf + len, size - len,
				"%sattribute %u (which libipcx %s does not know)",
				len ? ", " : "", i, ipcx_version());
}
