/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of who/graph.c have in common. */
#pragma once

#include "unit.h"
#include "who/graph.h"

static inline bool same_judgement(const struct ix_judgement *a,
				  const struct ix_judgement *b)
{
	return a->why == b->why && a->grade == b->grade && a->cycle == b->cycle &&
	       a->guess_sem == b->guess_sem && a->guess_lock == b->guess_lock;
}
