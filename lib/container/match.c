/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How well what a user typed fits a container: the forms that a name may have. */
#include "container/match.h"

#include <stdio.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "container/named.h"

/* ---- parts */

/* Match a part of the text either as it is or escaped as in labels. The part ends where
 * "stop" follows; *at is set after that. */
static bool take_part(const char **at, const char *known, const char *stop)
{
	char part[IX_LABEL_MAX] = "";
	const char *const forms[] = { known, part };

	if (!known || !*known)
		return false;
	(void)ix_label_part(known, part, sizeof(part));
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t len = strlen(forms[i]);

		if (len && !strncmp(*at, forms[i], len) &&
		    (*stop ? !strncmp(*at + len, stop, strlen(stop)) : !(*at)[len])) {
			*at += len + strlen(stop);
			return true;
		}
	}
	return false;
}

static bool is_text(const char *known, const char *text)
{
	return take_part(&text, known, "");
}

static bool is_prefix(const char *id, const char *text)
{
	return id && *text && ix_id_may_be_cut(id) && !strncmp(id, text, strlen(text));
}

/* Write a unit's name without the \xNN of systemd-escape(1); any other backslash stays. */
static bool unit_text(const char *unit, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s", unit);
	return strlen(unit) < size && strstr(unit, "\\x") && ix_unescape(buf) >= 0;
}

static enum ix_grade unit_fits(const struct ix_container *c, const char *text)
{
	char known[300], typed[300];

	if (!c->unit)
		return IX_NO_FIT;
	if (is_text(c->unit, text))
		return !strcmp(c->runtime, "systemd") ? IX_FIT_SERVICE : IX_FIT_UNIT;
	if (!unit_text(c->unit, known, sizeof(known)))
		(void)snprintf(known, sizeof(known), "%s", c->unit);
	if (!unit_text(text, typed, sizeof(typed)))
		(void)snprintf(typed, sizeof(typed), "%s", text);
	return !strcmp(known, typed) && strlen(known) + 1 < sizeof(known)
		       ? IX_FIT_UNESCAPED
		       : IX_NO_FIT;
}

/* ---- a whole text */

/* A sandbox that has the name of its pod is found as the pod. */
static struct ix_fit last_fits(const struct ix_container *c, const char *text)
{
	if (is_text(c->id, text))
		return (struct ix_fit){ IX_FIT_NAME, .id = true };
	if (is_text(c->name, text) &&
	    (!ix_container_leads(c) || strcmp(c->name, c->pod) != 0))
		return (struct ix_fit){ IX_FIT_NAME, .id = false };
	return (struct ix_fit){ is_prefix(c->id, text) ? IX_FIT_PREFIX : IX_NO_FIT,
				.id = true };
}

static struct ix_fit pod_fits(const struct ix_container *c, const char *text)
{
	const char *at = text;
	struct ix_fit fit = { IX_NO_FIT, .pod = true };

	if (!c->pod)
		return fit;
	(void)take_part(&at, c->pod_namespace, "/");
	if (is_text(c->pod, at) || is_text(c->pod, text) || is_text(c->pod_id, text))
		fit.grade = IX_FIT_NAME;
	else if (is_prefix(c->pod_id, text))
		fit.grade = IX_FIT_PREFIX;
	return fit;
}

/* Skip the parts before the name. */
static const char *skip_pod(const struct ix_container *c, const char *text)
{
	const char *at = text;

	(void)take_part(&at, c->pod_namespace, "/");
	if (c->pod && (take_part(&at, c->pod, "/") || take_part(&at, c->pod_id, "/")))
		return at;
	at = text;
	if (c->pod && (take_part(&at, c->pod, "/") || take_part(&at, c->pod_id, "/")))
		return at;
	return NULL;
}

/* Fit a text that has neither a user, an outer container nor a runtime. */
static struct ix_fit path_fits(const struct ix_container *c, const char *text)
{
	struct ix_fit fit = last_fits(c, text);
	const char *at = skip_pod(c, text);

	if (fit.grade != IX_FIT_NAME && at)
		fit = last_fits(c, at);
	at = text;
	if (!fit.grade && take_part(&at, c->space, "/"))
		fit = last_fits(c, at);
	if (fit.grade != IX_FIT_NAME && pod_fits(c, text).grade)
		fit = fit.grade ? fit : pod_fits(c, text);
	if (!fit.grade)
		fit.grade = unit_fits(c, text);
	return fit;
}

/* Skip "RUNTIME:" or "RUNTIME[SPACE]:" if that is the runtime of this container. All pods
 * of Kubernetes may be called so; whatever the runtime, and what is in a namespace of
 * containerd. */
static const char *skip_runtime(const struct ix_container *c, const char *text)
{
	const char *const names[] = { c->runtime, c->pod_namespace ? "k8s" : NULL,
				      c->space && (!strcmp(c->runtime, "k8s") ||
						   !strcmp(c->runtime, "nerdctl"))
					      ? "containerd"
					      : NULL };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = names[i] ? strlen(names[i]) : 0;
		const char *at = text + len;

		if (!len || strncmp(text, names[i], len) != 0)
			continue;
		if (*at == ':')
			return at + 1;
		if (*at++ == '[' && take_part(&at, c->space ? c->space : "default", "]:"))
			return at;
	}
	return NULL;
}

static bool is_better(struct ix_fit a, struct ix_fit b)
{
	if (!a.grade || !b.grade)
		return a.grade;
	return a.grade < b.grade || (a.grade == b.grade && b.pod && !a.pod);
}

/* A name may contain a colon, too. */
struct ix_fit ix_fit_name(const struct ix_container *c, const char *text)
{
	const char *rest = skip_runtime(c, text);
	struct ix_fit whole = path_fits(c, text), named = { IX_NO_FIT, .pod = false };

	if (rest && *rest)
		named = path_fits(c, rest);
	return is_better(whole, named) ? whole : named;
}

struct ix_word ix_word_read(const char *text)
{
	struct ix_word w = { .text = text, .rest = text };
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

struct ix_fit ix_fit_word(const struct ix_container *c, const struct ix_word *w)
{
	const struct ix_fit none = { IX_NO_FIT, .pod = false };
	const char *rest = w->rest;
	size_t len = c->outer ? strlen(c->outer) : 0;

	if (w->by_user ? w->uid != c->uid : c->uid && c->rank != IX_RANK_CALLER)
		return none;
	if (len && (strncmp(rest, c->outer, len) != 0 || rest[len] != '/'))
		return none;
	return ix_fit_name(c, len ? rest + len + 1 : rest);
}
