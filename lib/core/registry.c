/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mechanisms in display order. To add a mechanism, add its file, and a line both here
 * and in meson.build. */
#include <errno.h>
#include <string.h>

#include "core/mech.h"

/* clang-format off */
#define MECHANISMS(line) \
	line(shm)        \
	line(msg)        \
	line(sem)        \
	line(mq)         \
	line(pshm)       \
	line(psem)       \
	line(memfd)      \
	line(pipe)
/* clang-format on */

#define DECLARE(name) extern const struct ix_mech ix_mech_##name;
#define LIST(name)    &ix_mech_##name,

MECHANISMS(DECLARE)

static const struct ix_mech *const mechs[] = { MECHANISMS(LIST) };

const struct ix_mech *ix_mech(unsigned mech)
{
	return mech < ARRAY_SIZE(mechs) ? mechs[mech] : NULL;
}

const struct ipcx_mech_info *ipcx_mech_info(unsigned mech)
{
	return mech < ARRAY_SIZE(mechs) ? &mechs[mech]->info : NULL;
}

int ipcx_mech_by_name(const char *name, size_t len, unsigned *ret_mech)
{
	if (!name || !ret_mech)
		return -EINVAL;
	if (len == (size_t)-1)
		len = strlen(name);
	for (unsigned m = 0; m < ARRAY_SIZE(mechs); m++) {
		if (strncmp(mechs[m]->info.name, name, len) || mechs[m]->info.name[len])
			continue;
		*ret_mech = m;
		return 0;
	}
	return -ENOENT;
}

int ipcx_mech_mask(const char *word, uint64_t *ret_mask)
{
	uint64_t mask = 0;

	if (!word || !ret_mask)
		return -EINVAL;
	for (unsigned m = 0; m < ARRAY_SIZE(mechs); m++)
		if ((!strcmp(word, "all") && !mechs[m]->info.unlisted) ||
		    !strcmp(word, mechs[m]->info.name) ||
		    !strcmp(word, mechs[m]->info.group))
			mask |= IPCX_MECH_BIT(m);
	if (!mask)
		return -ENOENT;
	*ret_mask = mask;
	return 0;
}

bool ipcx_mech_has(unsigned mech, enum ipcx_field field)
{
	return mech < ARRAY_SIZE(mechs) && ix_kind_has(mechs[mech]->kind, field);
}

enum ipcx_cost ipcx_mech_cost(unsigned mech, enum ipcx_field field)
{
	const struct ipcx_field_info *info = ipcx_field_info(field);

	if (mech < ARRAY_SIZE(mechs) &&
	    (ix_column(mechs[mech]->kind, field)->costly ||
	     ix_column(mechs[mech]->kind, field)->derive == ix_derive_none))
		return IPCX_COST_COSTLY;
	return info ? info->cost : IPCX_COST_CHEAP;
}

uint64_t ipcx_mech_can(unsigned mech)
{
	const struct ix_mech *m = ix_mech(mech);
	uint64_t can = 0;

	if (!m)
		return 0;
	if (m->memory)
		can |= IPCX_CAN_MEMORY;
	if (m->queue)
		can |= IPCX_CAN_QUEUE | (m->queue->picks ? IPCX_CAN_PICK : 0) |
		       (m->queue->peek ? IPCX_CAN_PEEK : 0) |
		       (m->queue->notify ? IPCX_CAN_NOTIFY : 0);
	if (m->sem)
		can |= IPCX_CAN_SEM_OP | (m->sem->set ? IPCX_CAN_SEM_SET : 0) |
		       (m->sem->take ? IPCX_CAN_SEM_TAKE : 0);
	if (m->totals)
		can |= IPCX_CAN_TOTALS;
	if (m->driver)
		can |= IPCX_CAN_STRESS;
	if (m->mounted && (m->memory || m->sem))
		can |= IPCX_CAN_REACH;
	if (m->traces && (m->traces->mapped || m->traces->opened))
		can |= IPCX_CAN_ATTACH;
	return can;
}
