/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of findings, which grows until all are known. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

static int found_text(struct ix_doctor *d, const char *text, size_t *ret_at)
{
	*ret_at = text ? d->pool.len + 1 : 0;
	return text ? ix_buf_add(&d->pool, text, strlen(text) + 1) : 0;
}

int ix_doctor_add(struct ix_doctor *d, const struct ix_found *f)
{
	struct ix_doctor_row *row = NULL, *more;
	int r;

	if (d->nfound == d->room) {
		more = reallocarray(d->found, 2 * d->room + 16, sizeof(*more));
		if (!more)
			return -ENOMEM;
		d->found = more;
		d->room = 2 * d->room + 16;
	}
	row = &d->found[d->nfound];
	*row = (struct ix_doctor_row){ .grade = f->grade,
				       .n = d->nfound,
				       .about = f->about,
				       .row = f->row,
				       .count = f->count,
				       .bytes = f->bytes };
	r = found_text(d, f->finding, &row->finding);
	if (r == 0)
		r = found_text(d, f->ref, &row->ref);
	if (r == 0)
		r = found_text(d, f->what, &row->what);
	if (r == 0)
		r = found_text(d, f->evidence, &row->evidence);
	if (r == 0)
		r = found_text(d, f->fix, &row->fix);
	d->nfound += r == 0;
	return r;
}
