/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References in text form, MECH:WHICH: which texts are valid and what they refer to. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/esc.h"
#include "base/num.h"
#include "core/copyin.h"
#include "core/ctx.h"
#include "core/mech.h"
#include "ipcx.h"

/* How many bytes of an invalid text an error message quotes. */
#define SHOWN 100

#define TOO_LONG "a name has at most 255 bytes after the slash"

struct shown {
	char text[SHOWN + sizeof("…")];
};

/* Make a text safe to show in a message: escaped and truncated. */
static const char *ref_show(struct shown *s, const char *text)
{
	if (ix_escape(s->text, SHOWN, text, IX_ESC_TEXT) >= SHOWN)
		memcpy(s->text + strlen(s->text), "…", sizeof("…"));
	return s->text;
}

/* List every mechanism: "shm, msg, sem". */
static const char *known(char *buf, size_t size)
{
	const struct ipcx_mech_info *info;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned m = 0; (info = ipcx_mech_info(m)) && len < size; m++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", m ? ", " : "",
					info->name);
	return buf;
}

static int no_key(struct ipcx *x, int error, const char *mech, const char *text)
{
	struct shown s;

	if (error == -ERANGE)
		return ix_fail_plain(x, -EINVAL,
				     "%s: key \"%s\" does not fit into 32 bits", mech,
				     ref_show(&s, text));
	return ix_fail_plain(
		x, -EINVAL,
		"%s: \"%s\" is not a key (0x… hexadecimal, 0… octal, or decimal)", mech,
		ref_show(&s, text));
}

static int ref_read_key(struct ipcx *x, const char *mech, const char *text,
			struct ipcx_ref *ref)
{
	int r = ix_parse_key(text, &ref->key);

	if (r < 0)
		return no_key(x, r, mech, text);
	if (ref->key == 0)
		return ix_fail_plain(
			x, -EINVAL,
			"%s: key 0 is IPC_PRIVATE and names no object: use the id", mech);
	ref->by = IPCX_BY_KEY;
	return 0;
}

static int ref_read_id(struct ipcx *x, const char *mech, const char *text,
		       struct ipcx_ref *ref)
{
	struct shown s;
	uint64_t id;
	int r = ix_parse_u64(text, INT32_MAX, &id);

	if (r == -ERANGE)
		return ix_fail_plain(x, -EINVAL,
				     "%s: id \"%s\" is out of range (0 to 2147483647)",
				     mech, ref_show(&s, text));
	if (r < 0)
		return ix_fail_plain(
			x, -EINVAL,
			"%s: \"%s\" is neither an id (decimal) nor a key (0x… or key=…)",
			mech, ref_show(&s, text));
	ref->by = IPCX_BY_ID;
	ref->id = (int32_t)id;
	return 0;
}

static int read_sysv(struct ipcx *x, const char *mech, const char *text,
		     struct ipcx_ref *ref)
{
	if (strncasecmp(text, "key=", 4) == 0)
		return ref_read_key(x, mech, text + 4, ref);
	if (strncasecmp(text, "0x", 2) == 0)
		return ref_read_key(x, mech, text, ref);
	return ref_read_id(x, mech, text, ref);
}

/* Return why a text (a name without its leading slash) is not the name of a POSIX object;
 * NULL if it is a valid name. */
static const char *name_fault(const char *name, size_t len)
{
	if (len == 0)
		return "a name has at least one byte after the slash";
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return "names a directory";
	if (strchr(name, '/'))
		return "a name has no slash but the first";
	if (len > 255)
		return TOO_LONG;
	return NULL;
}

/* Read a name. After "MECH:" it is %XX-escaped, otherwise it is literal. */
static int read_name(struct ipcx *x, const char *mech, const char *text, bool escaped,
		     struct ipcx_ref *ref)
{
	/*
	 * An escaped byte takes three characters, so a text that does not fit here is too
	 * long in any case.
	 */
	char copy[3 + 3 * 256 + 1];
	const char *name = copy, *fault;
	size_t len = strlen(text);
	struct shown s;

	if (len >= sizeof(copy))
		return ix_fail_plain(x, -EINVAL, "%s: \"%s\": %s", mech,
				     ref_show(&s, text), TOO_LONG);
	memcpy(copy, text, len + 1);
	if (escaped && ix_unpercent(copy) < 0)
		return ix_fail_plain(
			x, -EINVAL,
			"%s: \"%s\": %% must be followed by two hexadecimal digits, not 00 "
			"(%% itself is %%25)",
			mech, ref_show(&s, text));
	if (*name == '/')
		name++;
	len = strlen(name);
	fault = name_fault(name, len);
	if (fault)
		return ix_fail_plain(x, -EINVAL, "%s: \"%s\": %s", mech,
				     ref_show(&s, text), fault);
	ref->by = IPCX_BY_NAME;
	ref->name[0] = '/';
	memcpy(ref->name + 1, name, len + 1);
	return 0;
}

/* "MECH:inode=DEVICE:INODE": an object that has lost its name. */
#define BY_INODE "inode="

/* Read DEVICE:INODE, or INODE alone if the mechanism allows that. Returns whether the
 * text is one of these. */
static bool read_inode(const struct ix_mech *m, const char *text, struct ipcx_ref *ref)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	uint64_t device = 0, inode;
	char number[24];

	if (colon) {
		if (len >= sizeof(number))
			return false;
		memcpy(number, text, len);
		number[len] = '\0';
		if (ix_parse_u64(number, UINT64_MAX, &device) < 0 || !device)
			return false;
		text = colon + 1;
	} else if (!m->one_device) {
		return false;
	}
	if (ix_parse_u64(text, UINT64_MAX, &inode) < 0 || !inode)
		return false;
	ref->by = IPCX_BY_INODE;
	ref->device = device;
	ref->inode = inode;
	return true;
}

static int read_unlisted(struct ipcx *x, const struct ix_mech *m, const char *text,
			 struct ipcx_ref *ref)
{
	struct shown s;

	if (read_inode(m, text, ref))
		return 0;
	return ix_fail_plain(x, -EINVAL, "%s: \"%s\" is not %sDEVICE:INODE (two numbers)",
			     m->info.name, ref_show(&s, text),
			     m->one_device ? "INODE or " : "");
}

/* Read what follows "MECH:", or a text without it (then "after" is false). */
static int read_which(struct ipcx *x, unsigned mech, const char *text, bool after,
		      struct ipcx_ref *ref)
{
	const struct ix_mech *m = ix_mech(mech);
	size_t len = sizeof(BY_INODE) - 1;

	if (m->info.unlisted)
		return read_unlisted(x, m, text, ref);
	if (!m->info.named)
		return read_sysv(x, m->info.name, text, ref);
	if (after && !strncmp(text, BY_INODE, len) && read_inode(m, text + len, ref))
		return 0;
	return read_name(x, m->info.name, text, after, ref);
}

/* Report a text that does not name a mechanism although it has to. */
static int no_mech(struct ipcx *x, const char *text, const char *colon)
{
	char list[200];
	struct shown s;

	if (!colon || colon == text)
		return ix_fail_plain(
			x, -EINVAL,
			"\"%s\" does not say which mechanism: write MECH:WHICH, "
			"where MECH is one of %s "
			"and WHICH is an id (5), a key (0x4d2) or a name (/jobs)",
			ref_show(&s, text), known(list, sizeof(list)));
	return ix_fail_plain(
		x, -EINVAL,
		"\"%s\": no mechanism has the name before the colon (known: %s)",
		ref_show(&s, text), known(list, sizeof(list)));
}

int ipcx_ref_parse(struct ipcx *x, const char *text, unsigned def,
		   struct ipcx_ref *ret_ref)
{
	IX_REQUIRE(x, text, ret_ref);
	const char *colon = strchr(text, ':'), *which = text;
	const struct ipcx_mech_info *info;
	struct ipcx_ref ref = { .mech = def };
	int r;

	if (colon && ipcx_mech_by_name(text, (size_t)(colon - text), &ref.mech) == 0)
		which = colon + 1;
	info = ipcx_mech_info(ref.mech);
	/* A name may contain a colon; an id or key does not. */
	if (!info || (which == text && colon && !info->named))
		return no_mech(x, text, colon);
	if (*which == '\0')
		return ix_fail_plain(x, -EINVAL, "%s: %s is missing", info->name,
				     info->unlisted ? "the inode"
				     : info->named  ? "the name"
						    : "the id or key");
	r = read_which(x, ref.mech, which, which != text, &ref);
	if (r < 0)
		return r;
	*ret_ref = ref;
	return 0;
}

static int format_inode(const struct ix_mech *m, const struct ipcx_ref *ref, char *buf,
			size_t size)
{
	const char *prefix = m->info.unlisted ? "" : BY_INODE;

	if (!ref->inode || (!ref->device && !m->one_device))
		return -EINVAL;
	if (!ref->device)
		return snprintf(buf, size, "%s:%s%" PRIu64, m->info.name, prefix,
				ref->inode);
	return snprintf(buf, size, "%s:%s%" PRIu64 ":%" PRIu64, m->info.name, prefix,
			ref->device, ref->inode);
}

/* Whether references to objects of a mechanism can have this form. */
static bool can_be_by(const struct ipcx_mech_info *info, enum ipcx_by by)
{
	if (by == IPCX_BY_INODE)
		return info->named;
	return !info->unlisted && info->named == (by == IPCX_BY_NAME);
}

int ipcx_ref_format(const struct ipcx_ref *ref, char *buf, size_t size)
{
	const struct ipcx_mech_info *info = ref ? ipcx_mech_info(ref->mech) : NULL;
	char name[3 * sizeof(ref->name)];

	if (!info || (!buf && size) || !can_be_by(info, ref->by))
		return -EINVAL;
	switch (ref->by) {
	case IPCX_BY_ID:
		return ref->id < 0 ? -EINVAL
				   : snprintf(buf, size, "%s:%d", info->name, ref->id);
	case IPCX_BY_KEY:
		return ref->key == 0
			       ? -EINVAL
			       : snprintf(buf, size, "%s:0x%08x", info->name, ref->key);
	case IPCX_BY_NAME:
		if (!memchr(ref->name, '\0', sizeof(ref->name)) || ref->name[0] != '/' ||
		    name_fault(ref->name + 1, strlen(ref->name + 1)))
			return -EINVAL;
		(void)ix_escape(name, sizeof(name), ref->name, IX_ESC_REF);
		return snprintf(buf, size, "%s:%s", info->name, name);
	case IPCX_BY_INODE:
		return format_inode(ix_mech(ref->mech), ref, buf, size);
	}
	return -EINVAL;
}

int ix_ref_check(struct ipcx *x, const struct ipcx_ref *ref)
{
	static const struct ipcx_ref none = { .mech = 0 };
	char text[IPCX_REF_MAX];

	if (memcmp(ref->reserved, none.reserved, sizeof(ref->reserved)) ||
	    memcmp(ref->more, none.more, sizeof(ref->more)))
		return ix_fail_plain(x, -E2BIG,
				     "a reference uses features of a newer libipcx");
	if (ipcx_ref_format(ref, text, sizeof(text)) >= 0 &&
	    (ref->by == IPCX_BY_INODE ? !ref->name[0] : !ref->device && !ref->inode))
		return 0;
	return ix_fail_plain(x, -EINVAL, "a reference that cannot name an object");
}

int ix_ref_check_open(struct ipcx *x, const struct ipcx_ref *ref)
{
	char text[IPCX_REF_MAX];
	int r = ix_ref_check(x, ref);

	if (r < 0 || ref->by != IPCX_BY_INODE)
		return r;
	(void)ipcx_ref_format(ref, text, sizeof(text));
	return ix_fail_plain(x, -EINVAL, "%s: has no name by which it could be opened",
			     text);
}
