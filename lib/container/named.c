/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels of containers, the only place where they are written:
 *
 *   [UID/][OUTER/]RUNTIME[SPACE]:[POD_NAMESPACE/][POD/]NAME
 *
 * UID is the user who gives the name, unless that is root; OUTER the container in which
 * it was given; SPACE, in brackets, the namespace of the runtime. The container that only
 * holds the namespaces of a pod is called like the pod, without NAME. In all parts,
 * characters that would end a part, or that a shell would change, are written as %XX. So
 * a label can be typed as it is printed, and containers that differ in any part have
 * different labels. Containers that agree in all parts get the beginning of their id
 * instead of NAME; if that does not help either, #PID after the name.
 */
#include "container/named.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "container/containers.h"

/* An id of at least 32 hexadecimal digits is machine-made (those of podman and Docker
 * have 64) and may be abbreviated. */
#define ID_MACHINE 32

/* The ways to write the last part of a label, tried in this order: the name; the first
 * digits of the id; the whole id; the name and the PID; only the runtime and the PID, for
 * labels that would be too long. */
#define FORM_NAME  0
#define FORM_ID    1
#define FORM_WHOLE 4
#define FORM_PID   5
#define FORM_SHORT 6

static const int digits_of[] = { 0, 12, 24, 48 };

bool ix_id_may_be_cut(const char *id)
{
	size_t len = strlen(id);

	return len >= ID_MACHINE && strspn(id, "0123456789abcdef") == len;
}

/* ---- parts */

/* A colon ends the name of the runtime, a comma an entry of a list of labels. */
bool ix_label_part(const char *text, char *buf, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	char part[IX_LABEL_MAX];
	size_t at = 0;

	if (ix_escape(part, sizeof(part), text, IX_ESC_REF) >= sizeof(part))
		return false;
	for (const char *p = part; *p; p++) {
		bool plain = !strchr("/,:", *p);

		if (at + (plain ? 1 : 3) >= size)
			return false;
		if (plain) {
			buf[at++] = *p;
			continue;
		}
		buf[at++] = '%';
		buf[at++] = hex[(unsigned char)*p >> 4];
		buf[at++] = hex[(unsigned char)*p & 15];
	}
	buf[at] = '\0';
	return true;
}

/* Kubernetes has one namespace of containerd for itself, and so has Docker: these are not
 * shown. */
const char *ix_label_space(const struct ix_container *c)
{
	static const char *const usual[][2] = { { "k8s", "k8s.io" },
						{ "docker", "moby" } };

	if (!c->space || !*c->space || !strcmp(c->space, "default"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!strcmp(c->runtime, usual[i][0]) && !strcmp(c->space, usual[i][1]))
			return NULL;
	return c->space;
}

/* podman calls this container after the id of the pod. In Kubernetes, the id of a pod is
 * the id of this container: another container may have the name of the pod, too, but not
 * its id. */
bool ix_container_leads(const struct ix_container *c)
{
	if (!c->pod || !c->name)
		return false;
	if (!c->pod_namespace && c->pod_id && ix_id_may_be_cut(c->pod_id) &&
	    !strncmp(c->name, c->pod_id, digits_of[FORM_ID]) &&
	    !strcmp(c->name + digits_of[FORM_ID], "-infra"))
		return true;
	return !strcmp(c->name, c->pod) &&
	       (!c->pod_namespace || !c->pod_id || !c->id || !strcmp(c->id, c->pod_id));
}

/* ---- writing */

struct written {
	char *buf;
	size_t size, len;
	bool cut; /* the buffer is too small */
};

static void add(struct written *o, const char *text)
{
	size_t len = strlen(text);

	if (o->cut || o->len + len >= o->size) {
		o->cut = true;
		return;
	}
	memcpy(o->buf + o->len, text, len + 1);
	o->len += len;
}

/* Add a part and the text that follows it, unless there is no such part. */
static void add_part(struct written *o, const char *text, const char *after)
{
	char part[IX_LABEL_MAX];

	if (!text)
		return;
	if (!ix_label_part(text, part, sizeof(part)))
		o->cut = true;
	else
		add(o, part);
	add(o, after);
}

static void add_pid(struct written *o, const struct ix_container *c)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "#%" PRId32, c->pid);
	add(o, text);
}

static void add_last(struct written *o, const struct ix_container *c, unsigned form)
{
	bool named = c->name && (form == FORM_NAME || form >= FORM_PID || !c->id);
	char id[ID_MACHINE + 32];

	if (named && !ix_container_leads(c)) {
		add_part(o, c->name, "");
	} else if (c->id && form < FORM_WHOLE && !named && ix_id_may_be_cut(c->id)) {
		(void)snprintf(id, sizeof(id), "%.*s",
			       digits_of[MAX(form, (unsigned)FORM_ID)], c->id);
		add(o, id);
	} else if (c->id && !named) {
		add_part(o, c->id, "");
	}
	if (form >= FORM_PID || (!c->name && !c->id))
		add_pid(o, c);
}

/* Write the label without UID and OUTER. */
static void add_own(struct written *o, const struct ix_container *c, unsigned form)
{
	const char *space = ix_label_space(c);
	bool alone = form == FORM_NAME && ix_container_leads(c);

	add(o, c->runtime);
	if (form == FORM_SHORT) {
		add(o, ":");
		add_pid(o, c);
		return;
	}
	if (space)
		add(o, "[");
	add_part(o, space, "]");
	add(o, ":");
	if (c->pod) {
		add_part(o, c->pod_namespace, "/");
		add_part(o, c->pod, alone ? "" : "/");
	}
	if (!alone)
		add_last(o, c, form);
}

/* Returns false if the label does not fit. */
static bool put_label(const struct ix_container *c, unsigned form, char *buf, size_t size)
{
	struct written o = { .buf = buf, .size = size };
	char user[16] = "";

	*buf = '\0';
	if (c->uid)
		(void)snprintf(user, sizeof(user), "%" PRIu32 "/", c->uid);
	add(&o, user);
	if (c->outer) {
		add(&o, c->outer);
		add(&o, "/");
	}
	add_own(&o, c, form);
	return !o.cut;
}

void ix_container_label(const struct ix_container *c, char *buf, size_t size)
{
	if (c->label)
		(void)snprintf(buf, size, "%s", c->label);
	else if (!put_label(c, FORM_NAME, buf, size))
		(void)put_label(c, FORM_SHORT, buf, size);
}

/* The name alone is enough, unless it could be taken for a number or a file. */
void ix_container_handle(const struct ix_container *c, char *buf, size_t size)
{
	struct written o = { .buf = buf, .size = size };
	char name[IX_LABEL_MAX];

	*buf = '\0';
	if (c->name && *c->name != '.' && !c->pod && !ix_label_space(c) &&
	    ix_label_part(c->name, name, sizeof(name)) &&
	    name[strspn(name, "0123456789")])
		add(&o, name);
	else
		add_own(&o, c, FORM_NAME);
	if (o.cut)
		(void)snprintf(buf, size, "?");
}

void ix_container_elsewhere(const struct ix_container *c, struct ix_gaps *g)
{
	char label[IX_LABEL_MAX], shown[4 * 100];

	ix_container_label(c, label, sizeof(label));
	(void)ix_escape(shown, 100, label, IX_ESC_TEXT);
	ix_gap(g, -EOPNOTSUPP, "%s: its objects are not in this kernel (%s)", shown,
	       c->kernel ? c->kernel : "gVisor");
}

/* ---- pods */

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_pods(const struct ix_container *a, const struct ix_container *b)
{
	int r = (a->uid > b->uid) - (a->uid < b->uid);

	if (r == 0)
		r = compare_texts(a->outer, b->outer);
	if (r == 0)
		r = strcmp(a->runtime, b->runtime);
	if (r == 0)
		r = compare_texts(ix_label_space(a), ix_label_space(b));
	if (r == 0)
		r = compare_texts(a->pod_namespace, b->pod_namespace);
	return r ? r : compare_texts(a->pod, b->pod);
}

bool ix_containers_same_pod(const struct ix_container *a, const struct ix_container *b)
{
	return a == b || (a->pod && compare_pods(a, b) == 0 &&
			  (!a->pod_id || !b->pod_id || !strcmp(a->pod_id, b->pod_id)));
}

static int by_pod(const void *a, const void *b)
{
	const struct ix_log_entry *const *p = a, *const *q = b;

	return compare_pods(&(*p)->c, &(*q)->c);
}

/* The name of a pod means the namespace that its containers share. If they do not share
 * one, that name would not say which is meant: the container that holds the pod's
 * namespaces is then called by its id. */
static void settle_pod(struct ix_log_entry **all, size_t n)
{
	uint64_t ipc = 0;
	bool shared = true;

	for (size_t i = 0; i < n; i++) {
		if (ipc && all[i]->c.ipc && all[i]->c.ipc != ipc)
			shared = false;
		ipc = all[i]->c.ipc ? all[i]->c.ipc : ipc;
	}
	for (size_t i = 0; i < n && !shared; i++)
		if (ix_container_leads(&all[i]->c))
			all[i]->form = all[i]->c.id ? FORM_ID : FORM_PID;
}

/* Mark the containers of a pod for which the name of the pod can be written. */
static void mark_pod(struct ix_log_entry **all, size_t n)
{
	const struct ix_log_entry *first = NULL;

	for (size_t i = 0; i < n && !first; i++)
		if (all[i]->form == FORM_NAME && ix_container_leads(&all[i]->c))
			first = all[i];
	for (size_t i = 0; i < n && first; i++)
		all[i]->c.led = all[i] != first &&
				ix_containers_same_pod(&first->c, &all[i]->c);
}

static void each_pod(struct ix_log_entry **all, size_t n,
		     void (*call)(struct ix_log_entry **all, size_t n))
{
	size_t begin = 0;

	qsort(all, n, sizeof(*all), by_pod);
	for (size_t i = 1; i <= n; i++)
		if (i == n || compare_pods(&all[begin]->c, &all[i]->c) != 0) {
			if (all[begin]->c.pod)
				call(all + begin, i - begin);
			begin = i;
		}
}

/* ---- unique labels */

static int by_label(const void *a, const void *b)
{
	const struct ix_log_entry *const *p = a, *const *q = b;

	return strcmp((*p)->c.label, (*q)->c.label);
}

static int set_label(struct ix_log_entry *e)
{
	char text[IX_LABEL_MAX], *made;

	while (!put_label(&e->c, e->form, text, sizeof(text)) && e->form < FORM_SHORT)
		e->form++;
	made = strdup(text);
	if (!made)
		return -ENOMEM;
	free(e->label);
	e->c.label = e->label = made;
	return 0;
}

/* Write each label that occurs more than once in its next form. Returns how many were
 * written, or -ENOMEM. */
static int part_doubles(struct ix_log_entry **all, size_t n)
{
	bool again = false;
	int r = 0, changed = 0;

	qsort(all, n, sizeof(*all), by_label);
	for (size_t i = 0; i < n; i++) {
		bool equal = i + 1 < n && by_label(&all[i], &all[i + 1]) == 0;

		if ((equal || again) && all[i]->form < FORM_SHORT) {
			all[i]->form++;
			changed++;
		}
		again = equal;
	}
	for (size_t i = 0; i < n && changed && r == 0; i++)
		r = set_label(all[i]);
	return r < 0 ? r : changed;
}

int ix_containers_label(struct ix_containers *c)
{
	auto_free struct ix_log_entry **all =
		calloc(c->n + 1, sizeof(struct ix_log_entry *));
	int r = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		all[i] = &c->all[i];
		all[i]->form = c->all[i].c.name ? FORM_NAME : FORM_ID;
	}
	each_pod(all, c->n, settle_pod);
	for (size_t i = 0; i < c->n && r == 0; i++)
		r = set_label(all[i]);
	if (r < 0)
		return r;
	do
		r = part_doubles(all, c->n);
	while (r > 0);
	each_pod(all, c->n, mark_pod);
	return r;
}
