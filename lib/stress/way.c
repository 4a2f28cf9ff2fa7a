/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ways there are, and how a channel of any of them is opened and closed. */
#include "stress/way.h"

#include <errno.h>

const struct ix_way *const ix_ways[] = {
	&ix_way_msg,       &ix_way_mq,
	&ix_way_pipe,      &ix_way_stream,
	&ix_way_seqpacket, &ix_way_shm_sem,
	&ix_way_pshm_psem, &ix_way_shm_futex,
	&ix_way_eventfd,   NULL,
};

int ix_channel_part(const struct ix_task *t, struct ix_channel *c, const char *mech,
		    size_t size)
{
	struct ix_thing *thing = &c->part[c->parts];
	const struct ix_gear *gear = ix_gear_of(mech);
	int r;

	*thing = (struct ix_thing){ .slot = c->slot + c->parts, .id = -1, .size = size };
	r = ix_make(t, gear, thing);
	if (r < 0)
		return r;
	c->gear[c->parts++] = gear;
	return gear->open(t, thing);
}

/* What the way itself, whatever the limits, has room for. */
static int check_size(struct ix_task *t, const struct ix_channel *c)
{
	const struct ix_way *way = c->way;

	if (c->size < way->least)
		return ix_cannot(t, -EINVAL, "a message of %s has %zu bytes at least",
				 way->name, way->least);
	if (c->size > way->most)
		return ix_cannot(t, -EMSGSIZE, "a message of %s has %zu bytes at most",
				 way->name, way->most);
	if (c->senders && c->size > way->whole)
		return ix_cannot(
			t, -EMSGSIZE,
			"longer than %zu bytes, messages of several senders mix in %s",
			way->whole, way->name);
	return 0;
}

static int open_checked(struct ix_task *t, struct ix_channel *c)
{
	int r = c->mixed ? 0 : check_size(t, c);

	if (r < 0)
		return r;
	if (!c->mixed)
		c->longest = c->size;
	r = c->way->open(t, c);
	if (r < 0)
		return ix_cannot(t, r, "cannot make a channel of %s: %s", c->way->name,
				 ix_errno_text(r));
	if (!c->mixed && c->size > c->longest)
		return ix_cannot(t, -EMSGSIZE,
				 "the limits allow a message of %zu bytes at most",
				 c->longest);
	return 0;
}

int ix_channel_open(struct ix_task *t, struct ix_channel *c)
{
	int r;

	c->in = c->out = -1;
	c->parts = 0;
	r = open_checked(t, c);
	if (r < 0)
		ix_channel_close(t, c);
	return r;
}

void ix_channel_close(const struct ix_task *t, struct ix_channel *c)
{
	if (!c->way)
		return;
	for (unsigned i = 0; i < c->parts; i++) {
		(void)ix_remove(t, c->gear[i], &c->part[i]);
		c->gear[i]->close(&c->part[i]);
	}
	if (c->in >= 0)
		(void)close(c->in);
	if (c->out >= 0 && c->out != c->in)
		(void)close(c->out);
	c->way = NULL;
}
