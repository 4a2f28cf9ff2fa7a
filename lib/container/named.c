/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels of containers, and matching what a user typed against them:
 *
 *   [UID/][OUTER/][RUNTIME:]NAME
 *
 * UID is the user who gives the name, unless that is root; OUTER the container in which
 * it was given. If everything before the first slash is digits, it is a UID.
 */
#include "container/named.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"

/* An id of at least 32 hexadecimal digits is machine-made (those of podman and Docker
 * have 64) and may be abbreviated; its first 12 digits are shown. */
#define ID_MACHINE 32
#define ID_SHOWN   12

/* At most 20 matching containers are listed in an error text. */
#define LISTED_MAX 20

/* ---- labels */

/* Escape a name so that it can be used in a label and in a list of labels. */
static void put_part(char *buf, size_t size, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = 0;

	for (; *text && at + 4 <= size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c != '/' && c != ',' && c != '%') {
			buf[at++] = *text;
			continue;
		}
		buf[at++] = '%';
		buf[at++] = hex[c >> 4];
		buf[at++] = hex[c & 15];
	}
	buf[at] = '\0';
}

static void named_put_name(const struct ix_container *c, bool whole, char *buf,
			   size_t size)
{
	char name[IX_LABEL_MAX / 2];

	if (c->name && !whole) {
		put_part(buf, size, c->name);
		return;
	}
	put_part(name, sizeof(name), c->id ? c->id : c->name ? c->name : "?");
	(void)snprintf(buf, size, "%.*s", whole ? (int)sizeof(name) : ID_SHOWN, name);
}

void ix_container_handle(const struct ix_container *c, char *buf, size_t size)
{
	char name[IX_LABEL_MAX / 2];

	named_put_name(c, false, name, sizeof(name));
	if (c->name && name[strspn(name, "0123456789")])
		(void)snprintf(buf, size, "%s", name);
	else
		(void)snprintf(buf, size, "%s:%s", c->runtime, name);
}

/* If "whole" is true, write the whole id, not only its beginning. */
static void put_label(const struct ix_container *c, bool whole, char *buf, size_t size)
{
	char name[IX_LABEL_MAX / 2], user[16] = "";

	named_put_name(c, whole, name, sizeof(name));
	if (c->uid)
		(void)snprintf(user, sizeof(user), "%" PRIu32 "/", c->uid);
	(void)snprintf(buf, size, "%s%s%s%s:%s", user, c->outer ? c->outer : "",
		       c->outer ? "/" : "", c->runtime, name);
}

void ix_container_label(const struct ix_container *c, char *buf, size_t size)
{
	put_label(c, false, buf, size);
}

void ix_container_elsewhere(const struct ix_container *c, struct ix_gaps *g)
{
	char label[IX_LABEL_MAX], shown[4 * 100];

	put_label(c, false, label, sizeof(label));
	(void)ix_escape(shown, 100, label, IX_ESC_TEXT);
	ix_gap(g, -EOPNOTSUPP, "%s: its objects are not in this kernel (gVisor)", shown);
}

/* ---- matching */

/* Strip "RUNTIME:" only if RUNTIME is the runtime of this container, because a name may
 * contain a colon, too. */
static bool runtime_fits(const struct ix_container *c, const char **name)
{
	size_t len = strlen(c->runtime);

	if (!strncmp(*name, c->runtime, len) && (*name)[len] == ':') {
		*name += len + 1;
		return true;
	}
	return false;
}

/* Only machine-made ids may be abbreviated; an id that a user chose is a name. */
static bool may_be_cut(const char *id)
{
	size_t len = strlen(id);

	return len >= ID_MACHINE && strspn(id, "0123456789abcdef") == len;
}

/* Match the text that the user typed, either as it is or escaped as in labels. */
static bool is_text(const char *known, const char *text)
{
	char part[IX_LABEL_MAX / 2];

	if (!known)
		return false;
	if (!strcmp(known, text))
		return true;
	put_part(part, sizeof(part), known);
	return !strcmp(part, text);
}

/* Returns 2 for an exact match, 1 for a prefix of the id, 0 for none. */
static int name_fits(const struct ix_container *c, const char *text)
{
	const char *name = text;

	for (int with = runtime_fits(c, &name); with >= 0; with--) {
		if (!*name)
			continue;
		if (is_text(c->name, name) || is_text(c->id, name))
			return 2;
		if (c->id && may_be_cut(c->id) && !strncmp(c->id, name, strlen(name)))
			return 1;
		name = text;
	}
	return 0;
}

/* What the user typed for a container. */
struct word {
	const char *text; /* the whole text */
	const char *rest; /* the text without "UID/" */
	bool by_user;
	uint64_t uid;
};

static struct word named_read_word(const char *text)
{
	struct word w = { .text = text, .rest = text };
	size_t digits = strspn(text, "0123456789");
	char number[16];

	if (digits == 0 || text[digits] != '/')
		return w;
	w.by_user = true;
	w.rest = text + digits + 1;
	w.uid = UINT64_MAX;
	if (digits < sizeof(number)) {
		(void)snprintf(number, sizeof(number), "%.*s", (int)digits, text);
		(void)ix_parse_u64(number, UINT32_MAX, &w.uid);
	}
	return w;
}

static int named_fits(const struct ix_container *c, const struct word *w)
{
	const char *rest = w->rest;
	size_t len = c->outer ? strlen(c->outer) : 0;

	if (w->by_user ? w->uid != c->uid : c->uid && c->rank != IX_RANK_CALLER)
		return 0;
	if (len && (strncmp(rest, c->outer, len) != 0 || rest[len] != '/'))
		return 0;
	return name_fits(c, len ? rest + len + 1 : rest);
}

/* ---- errors: no match, or several */

/* Write what distinguishes this container: its name, or its id if another container of
 * the same runtime and giver has the same name. */
static void put_handle(const struct ix_containers *c, const struct ix_container *one,
		       char *buf, size_t size)
{
	const struct ix_container *other;
	size_t n = 0;

	for (size_t i = 0; one->name && (other = ix_containers_at(c, i)); i++)
		n += other->name && other->runtime == one->runtime &&
		     other->uid == one->uid && !other->outer == !one->outer &&
		     (!one->outer || !strcmp(one->outer, other->outer)) &&
		     !strcmp(other->name, one->name);
	put_label(one, one->id && (n > 1 || !one->name), buf, size);
}

/* Return the rank of a match: a lower rank is better, UINT32_MAX means no match. */
static unsigned standing(const struct ix_container *c, const struct word *w)
{
	int how = named_fits(c, w);

	return how ? 2U * (unsigned)c->rank + (how == 1) : UINT32_MAX;
}

static int ambiguous(struct ipcx *x, const struct ix_containers *c, const struct word *w,
		     unsigned best)
{
	auto_buf struct ix_buf b = { 0 };
	char label[IX_LABEL_MAX], shown[2 * IX_LABEL_MAX], more[32] = "";
	const struct ix_container *one;
	size_t n = 0;

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++) {
		if (standing(one, w) != best || n++ >= LISTED_MAX)
			continue;
		put_handle(c, one, label, sizeof(label));
		(void)ix_escape(shown, sizeof(shown), label, IX_ESC_TEXT);
		if (ix_buf_printf(&b, "%s%s (process %d)", b.len ? ", " : "", shown,
				  one->pid) < 0)
			return ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	if (n > LISTED_MAX)
		(void)snprintf(more, sizeof(more), " and %zu more", n - LISTED_MAX);
	(void)ix_escape(shown, sizeof(shown), w->text, IX_ESC_TEXT);
	return ix_fail_plain(x, -ENOTUNIQ, "'%.600s' may be any of %.1200s%s", shown,
			     b.data, more);
}

/* Find a match among the names that root did not give, and write that name with its
 * prefixes, as the user has to type it. */
static bool elsewhere(const struct ix_containers *c, const struct word *w, char *buf,
		      size_t size)
{
	const struct ix_container *one, *best = NULL;
	char word[IX_LABEL_MAX], user[16] = "";

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++)
		if (name_fits(one, w->rest) && (!best || one->rank < best->rank))
			best = one;
	if (!best || (best->rank <= IX_RANK_CALLER && !best->outer))
		return false;
	if (best->uid)
		(void)snprintf(user, sizeof(user), "%" PRIu32 "/", best->uid);
	(void)snprintf(word, sizeof(word), "%s%s%s%.300s", user,
		       best->outer ? best->outer : "", best->outer ? "/" : "", w->rest);
	(void)ix_escape(buf, size, word, IX_ESC_TEXT);
	return true;
}

static int named_unknown(struct ipcx *x, const struct ix_containers *c,
			 const struct word *w)
{
	size_t len = strlen(w->text), least = ix_nearest(len) + 1;
	char shown[600], hint[600] = "";
	const struct ix_container *one;
	const struct ix_gaps *gaps = ix_containers_gaps(c);

	(void)ix_escape(shown, sizeof(shown), w->text, IX_ESC_TEXT);
	if (elsewhere(c, w, hint, sizeof(hint)))
		return ix_fail_plain(
			x, -ENOENT,
			"no container of %s is called '%s' (there is '%s', named by somebody else)",
			w->by_user ? "that user" : "root", shown, hint);
	for (size_t i = 0; (one = ix_containers_at(c, i)); i++) {
		const char *known = one->rank <= IX_RANK_CALLER ? one->name : NULL;
		size_t far = known ? ix_distance(w->text, len, known, strlen(known))
				   : least;

		if (far >= least)
			continue;
		least = far;
		(void)ix_escape(hint, sizeof(hint), known, IX_ESC_TEXT);
	}
	if (gaps->n)
		return ix_fail_plain(
			x, -ENODATA,
			"cannot tell whether a container is called '%s'%s%s%s: %.*s",
			shown, *hint ? " (is it '" : "", hint, *hint ? "'?)" : "",
			ix_gap_reason(gaps->all[gaps->n - 1].text),
			gaps->all[gaps->n - 1].text);
	return ix_fail_plain(x, -ENOENT, "no container is called '%s'%s%s%s", shown,
			     *hint ? " (is it '" : "", hint, *hint ? "'?)" : "");
}

int ix_container_named(struct ipcx *x, const struct ix_containers *c, const char *name,
		       const struct ix_container **ret_container)
{
	const struct word w = named_read_word(name);
	const struct ix_container *one, *found = NULL;
	unsigned best = UINT32_MAX;
	size_t count = 0;

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++) {
		unsigned now = standing(one, &w);

		if (now < best)
			count = 0;
		if (now <= best && now != UINT32_MAX) {
			best = now;
			found = one;
			count++;
		}
	}
	if (count == 0)
		return named_unknown(x, c, &w);
	if (count > 1)
		return ambiguous(x, c, &w, best);
	*ret_container = found;
	return 0;
}
