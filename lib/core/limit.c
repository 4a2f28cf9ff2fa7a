/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of a limit an object takes, and parsing of requests. Products saturate instead
 * of wrapping.
 */
#include "core/limit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "core/attr.h"
#include "core/ctx.h"

/* From ipc/util.h: the low bits of an id are the slot index (IPCMNI_SHIFT or
 * IPCMNI_EXTEND_SHIFT bits), the bits above them are a sequence number. */
#define INDEX_BITS          15
#define INDEX_BITS_EXTENDED 24

unsigned ix_id_bits(struct ipcx *x)
{
	char line[4096];
	int proc = ix_procfd(x), len;

	if (x->index_bits)
		return x->index_bits;
	len = proc < 0 ? proc : ix_read_file(proc, "cmdline", line, sizeof(line));
	if (len <= 0)
		return INDEX_BITS;
	x->index_bits = strstr(line, "ipcmni_extend") ? INDEX_BITS_EXTENDED : INDEX_BITS;
	return x->index_bits;
}

uint64_t ix_mul_sat(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* Return the value of an attribute, or 0 if the attribute's bit is not set. */
static uint64_t limit_member(const struct ipcx_attrs *a, uint64_t bit, uint64_t value)
{
	return a->set & bit ? value : 0;
}

uint64_t ix_amount_one(const struct ipcx_attrs *a)
{
	(void)a;
	return 1;
}

uint64_t ix_amount_size(const struct ipcx_attrs *a)
{
	return limit_member(a, IPCX_A_SIZE, a->bytes);
}

uint64_t ix_amount_pages(const struct ipcx_attrs *a)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t bytes = ix_amount_size(a);

	return bytes / page + (bytes % page != 0);
}

uint64_t ix_amount_nsems(const struct ipcx_attrs *a)
{
	return limit_member(a, IPCX_A_NSEMS, a->nsems);
}

uint64_t ix_amount_qbytes(const struct ipcx_attrs *a)
{
	return limit_member(a, IPCX_A_QBYTES, a->qbytes);
}

uint64_t ix_amount_maxmsg(const struct ipcx_attrs *a)
{
	return limit_member(a, IPCX_A_MAXMSG, a->maxmsg);
}

uint64_t ix_amount_msgsize(const struct ipcx_attrs *a)
{
	return limit_member(a, IPCX_A_MSGSIZE, a->msgsize);
}

static const struct ix_attr *limit_attr_of(uint64_t bit)
{
	const struct ix_attr *attr = NULL;

	for (unsigned i = 0; (attr = ix_attr(i)) != NULL; i++)
		if (attr->bit == bit)
			break;
	return attr;
}

/*
 * Read one number of a request. A 0 is refused: it makes no sense, and it would be the
 * first number of "0x1000", which is split at the x.
 */
static int limit_read_word(const char *text, uint64_t bit, struct ipcx_attrs *a)
{
	const struct ix_attr *attr = limit_attr_of(bit);
	const struct ipcx_field_info *field;
	uint64_t n;
	int r;

	if (!attr)
		return -EINVAL;
	field = ipcx_field_info(attr->field);
	if (field && field->unit == IPCX_UNIT_BYTES)
		r = ix_parse_size(text, &n);
	else
		r = ix_parse_u64(text, UINT64_MAX, &n);
	if (r < 0 || n == 0)
		return -EINVAL;
	ix_attr_set(attr, a, n);
	return 0;
}

int ix_request_read(const char *text, const uint64_t *words, size_t n,
		    struct ipcx_attrs *ret_attrs)
{
	struct ipcx_attrs a = { .size = sizeof(a), .count = 1, .set = IPCX_A_COUNT };
	char copy[128], *rest = copy, *word;
	size_t len = strlen(text), given = len > 0, i;

	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len + 1);
	for (const char *p = text; (p = strchr(p, 'x')) != NULL; p++)
		given++;
	/* Only the count can be omitted, as no other number has a default. */
	i = given < n && words[0] == IPCX_A_COUNT ? 1 : 0;
	if (given != n - i)
		return -EINVAL;
	for (; i < n; i++) {
		word = strsep(&rest, "x");
		if (limit_read_word(word, words[i], &a) < 0)
			return -EINVAL;
	}
	*ret_attrs = a;
	return 0;
}
