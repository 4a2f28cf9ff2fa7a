/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing a channel of any way, and the messages that explain why a channel
 * cannot be opened. */
#include "stress/channel/way.h"

#include "stress/engine/objectlog.h"
#include "stress/engine/workers.h"

int ix_channel_part(const struct ix_task *t, struct ix_channel *c,
		    const struct ix_driver *driver, size_t size)
{
	struct ix_object *object = &c->part[c->parts];
	int r;

	*object =
		(struct ix_object){ .slot = c->slot + c->parts, .id = -1, .size = size };
	r = ix_make(t, driver, object);
	if (r < 0)
		return r;
	c->driver[c->parts++] = driver;
	return driver->open(&t->names, object);
}

int ix_way_check(struct ix_task *t, const struct ix_way *way, size_t size,
		 bool several_send)
{
	if (size < way->least)
		return ix_cannot(t, -EINVAL, "a message of %s has at least %zu bytes",
				 way->name, way->least);
	if (size > way->most)
		return ix_cannot(t, -EMSGSIZE, "a message of %s has at most %zu bytes",
				 way->name, way->most);
	if (several_send && size > way->whole)
		return ix_cannot(
			t, -EMSGSIZE,
			"above %zu bytes, messages of several senders interleave in %s",
			way->whole, way->name);
	return 0;
}

int ix_channel_open(const struct ix_task *t, struct ix_channel *c)
{
	int r;

	c->in = c->out = -1;
	c->parts = 0;
	r = c->way->open(t, c);
	if (r == 0 && c->longest < c->size)
		r = -EMSGSIZE; /* the limits allow less */
	if (r < 0)
		ix_channel_close(t, c);
	return r;
}

int ix_channel_cannot(struct ix_task *t, const struct ix_way *way, int error)
{
	if (error == -EMSGSIZE)
		return ix_cannot(t, error,
				 "the limits do not allow a message of %llu bytes",
				 (unsigned long long)t->bytes);
	if (error == -EINVAL || error == -E2BIG)
		return ix_cannot(t, error, "the limits are too low for %s", way->name);
	return ix_cannot(t, error, "cannot open %s: %s", way->name, ix_errno_text(error));
}

void ix_channel_close(const struct ix_task *t, struct ix_channel *c)
{
	if (!c->way)
		return;
	for (unsigned i = 0; i < c->parts; i++) {
		(void)ix_remove(t, c->driver[i], &c->part[i]);
		c->driver[i]->close(&c->part[i]);
	}
	if (c->in >= 0)
		(void)close(c->in);
	if (c->out >= 0 && c->out != c->in)
		(void)close(c->out);
	c->way = NULL;
}
