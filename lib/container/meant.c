/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the container that a user means, and the error texts if there is none or if
 * there are several. Whatever these texts propose can be typed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/esc.h"
#include "base/util.h"
#include "container/match.h"
#include "container/named.h"

/* An error text lists at most 20 matching containers, and no more than fit into it. */
#define LISTED_MAX   20
#define LISTED_BYTES 1200

/* ---- choosing */

/* Return how good a match is, by its giver and then by its grade: a lower number is
 * better, UINT32_MAX means no match. */
static unsigned standing(const struct ix_container *c, struct ix_fit fit)
{
	return fit.grade ? 8U * (unsigned)c->rank + (unsigned)fit.grade : UINT32_MAX;
}

/* What the best matches have in common. */
struct choice {
	unsigned best;
	size_t direct, pods; /* matches by the container itself, by its pod */
	const struct ix_container *one, *first, *lead;
	uint64_t ipc;
	bool by_id, same_pod, same_ipc;
};

static void weigh(struct choice *h, const struct ix_container *c, struct ix_fit fit)
{
	if (!h->first)
		h->first = c;
	else if (!ix_containers_same_pod(h->first, c))
		h->same_pod = false;
	if (c->ipc && h->ipc && c->ipc != h->ipc)
		h->same_ipc = false;
	h->ipc = c->ipc ? c->ipc : h->ipc;
	if (!fit.pod) {
		h->direct++;
		h->one = c;
		h->by_id = fit.id;
		return;
	}
	h->pods++;
	if (c->ipc && (!h->lead || ix_container_leads(c)))
		h->lead = c;
}

static struct choice weigh_all(const struct ix_containers *c, const struct ix_word *w,
			       enum ix_rank least)
{
	struct choice h = { .best = UINT32_MAX, .same_pod = true, .same_ipc = true };
	const struct ix_container *one;

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++) {
		struct ix_fit fit = ix_fit_word(one, w);
		unsigned now = one->rank > least ? UINT32_MAX : standing(one, fit);

		if (now < h.best)
			h = (struct choice){ .best = now,
					     .same_pod = true,
					     .same_ipc = true };
		if (now == h.best && now != UINT32_MAX)
			weigh(&h, one, fit);
	}
	return h;
}

/* Return the container that is meant, or NULL if there is none or more than one. */
static const struct ix_container *meant_choose(const struct choice *h)
{
	bool one_pod = h->same_pod && h->same_ipc;

	if (h->direct == 1 && (h->pods == 0 || one_pod || (h->by_id && h->same_pod)))
		return h->one;
	if (h->direct == 0 && h->pods && one_pod)
		return h->lead ? h->lead : h->first;
	return NULL;
}

static const struct ix_container *meant_labelled(const struct ix_containers *c,
						 const char *text)
{
	const struct ix_container *one;

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++)
		if (one->label && !strcmp(one->label, text))
			return one;
	return NULL;
}

/* ---- errors: no match, or several */

/* Instead of all containers of a pod, list the one whose label is the name of the pod. */
static int ambiguous(struct ipcx *x, const struct ix_containers *c,
		     const struct ix_word *w, const struct choice *h)
{
	bool one_pod = h->direct == 0 && h->same_pod;
	auto_buf struct ix_buf b = { 0 };
	const struct ix_container *one;
	char shown[600], more[32] = "";
	size_t n = 0, listed = 0;

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++) {
		struct ix_fit fit = ix_fit_word(one, w);
		char label[IX_LABEL_MAX];

		if (standing(one, fit) != h->best || (fit.pod && one->led))
			continue;
		ix_container_label(one, label, sizeof(label));
		if (n++ >= LISTED_MAX || (listed && b.len + strlen(label) > LISTED_BYTES))
			continue;
		listed++;
		if (ix_buf_printf(&b, "%s%s (process %d)", b.len ? ", " : "", label,
				  one->pid) < 0)
			return ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	if (n > listed)
		(void)snprintf(more, sizeof(more), " and %zu more", n - listed);
	(void)ix_escape(shown, sizeof(shown), w->text, IX_ESC_TEXT);
	return ix_fail_plain(
		x, -ENOTUNIQ, "'%s' %s %s%s", shown,
		one_pod ? "is a pod whose containers do not share an IPC namespace:"
			: "may be any of",
		b.data ? b.data : "", more);
}

/* Whether a text, typed for WHERE, means this container or its pod. */
static bool can_be_typed(const struct ix_containers *c, const char *text,
			 const struct ix_container *meant)
{
	const struct ix_word w = ix_word_read(text);
	const struct ix_container *one = meant_labelled(c, text);
	struct choice h;

	if (*text == '/' || *text == '.' || !text[strspn(text, "0123456789")] ||
	    !strcmp(text, "self") || !strcmp(text, "all") || !strncmp(text, "pin:", 4))
		return false;
	h = weigh_all(c, &w, IX_RANK_HIDDEN);
	one = one ? one : meant_choose(&h);
	return one && ix_containers_same_pod(one, meant);
}

/* Find a match among the names that root did not give, and write that name with its
 * prefixes, as the user has to type it. */
static bool meant_elsewhere(const struct ix_containers *c, const struct ix_word *w,
			    char *buf, size_t size)
{
	const struct ix_container *one, *best = NULL;
	char user[16] = "";

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++)
		if (ix_fit_name(one, w->rest).grade && (!best || one->rank < best->rank))
			best = one;
	if (!best || (best->rank <= IX_RANK_CALLER && !best->outer))
		return false;
	if (best->uid)
		(void)snprintf(user, sizeof(user), "%" PRIu32 "/", best->uid);
	(void)snprintf(buf, size, "%s%s%s%.300s", user, best->outer ? best->outer : "",
		       best->outer ? "/" : "", w->rest);
	if (!ix_esc_clean(w->rest, IX_ESC_WORD) || !can_be_typed(c, buf, best))
		ix_container_label(best, buf, size);
	return true;
}

/* Write the known text that is most similar to what was typed, if it is similar. */
static void meant_nearest(const struct ix_containers *c, const char *text, char *buf,
			  size_t size)
{
	size_t len = strlen(text), least = ix_nearest(len) + 1;
	const struct ix_container *one, *best = NULL;
	const char *hint = NULL;

	for (size_t i = 0; (one = ix_containers_at(c, i)); i++) {
		const char *const known[] = { one->name, one->pod, one->unit,
					      one->label };

		for (size_t k = 0; one->rank <= IX_RANK_CALLER && k < ARRAY_SIZE(known);
		     k++) {
			size_t far = known[k] ? ix_distance(text, len, known[k],
							    strlen(known[k]))
					      : least;

			if (far >= least)
				continue;
			least = far;
			best = one;
			hint = known[k];
		}
	}
	if (best && ix_esc_clean(hint, IX_ESC_WORD) && can_be_typed(c, hint, best))
		(void)snprintf(buf, size, "%s", hint);
	else if (best)
		ix_container_label(best, buf, size);
}

static int meant_unknown(struct ipcx *x, const struct ix_containers *c,
			 const struct ix_word *w)
{
	char shown[600], hint[IX_LABEL_MAX + 400] = "";
	const struct ix_gaps *gaps = ix_containers_gaps(c);

	(void)ix_escape(shown, sizeof(shown), w->text, IX_ESC_TEXT);
	if (meant_elsewhere(c, w, hint, sizeof(hint)))
		return ix_fail_plain(
			x, -ENOENT,
			"no container of %s is called '%s' (there is '%s', named by somebody else)",
			w->by_user ? "that user" : "root", shown, hint);
	meant_nearest(c, w->text, hint, sizeof(hint));
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
	return ix_container_of_rank(x, c, name, IX_RANK_HIDDEN, ret_container);
}

int ix_container_of_rank(struct ipcx *x, const struct ix_containers *c, const char *name,
			 enum ix_rank least, const struct ix_container **ret_container)
{
	const struct ix_word w = ix_word_read(name);
	const struct ix_container *found = meant_labelled(c, name);
	struct choice h;

	if (found && found->rank <= least) {
		*ret_container = found;
		return 0;
	}
	h = weigh_all(c, &w, least);
	if (!h.first)
		return meant_unknown(x, c, &w);
	found = meant_choose(&h);
	if (!found)
		return ambiguous(x, c, &w, &h);
	*ret_container = found;
	return 0;
}
