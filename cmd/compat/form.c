/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and times as util-linux writes them, which differs from ipcx: sizes are rounded
 * up, times omit the year or the day. */
#include "compat/form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"
#include "base/zone.h"
#include "compat/gap.h"

char *form_size(char *p, uint64_t n)
{
	static const char units[] = "BKMGTPE";
	unsigned unit = 0, shift;
	uint64_t whole, rest, tenths;

	while (unit + 2 < sizeof(units) && n >> 10 * (unit + 1))
		unit++;
	whole = n >> 10 * unit;
	rest = n & ((UINT64_C(1) << 10 * unit) - 1);
	/* Truncate the fraction to three digits, then round it to one digit. For
	 * exabytes, drop ten bits of the fraction first, or the multiplication would
	 * overflow. */
	shift = 10 * (unit == 6 ? unit - 1 : unit);
	rest >>= 10 * unit - shift;
	tenths = ((rest * 1000 >> shift) + 50) / 100;
	p = ix_put_u64(p, whole + tenths / 10);
	if (tenths % 10) {
		*p++ = '.';
		*p++ = (char)('0' + tenths % 10);
	}
	*p++ = units[unit];
	return p;
}

/* ---- times */

static bool local(int64_t when, struct tm *ret_tm)
{
	static bool zone_read;

	if (!zone_read)
		ix_zone_read(); /* read /etc/localtime once, not for every time */
	zone_read = true;
	return ix_local_time(when, ret_tm);
}

static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static char *form_put_two(char *p, int n, char pad)
{
	*p++ = n < 10 ? pad : (char)('0' + n / 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

static char *put_clock(char *p, const struct tm *tm, bool seconds)
{
	p = form_put_two(p, tm->tm_hour, '0');
	*p++ = ':';
	p = form_put_two(p, tm->tm_min, '0');
	if (!seconds)
		return p;
	*p++ = ':';
	return form_put_two(p, tm->tm_sec, '0');
}

static char *put_year(char *p, const struct tm *tm)
{
	return ix_put_i64(p, (int64_t)tm->tm_year + 1900);
}

/* Cache of the last text: many objects of a listing were created in the same second. */
struct kept {
	bool any;
	int64_t when;
	size_t len;
	char text[FORM_MAX];
};

static bool form_again(const struct kept *k, int64_t when, char **p)
{
	if (!k->any || k->when != when)
		return false;
	memcpy(*p, k->text, k->len);
	*p += k->len;
	return true;
}

static char *form_keep(struct kept *k, int64_t when, const char *from, char *end)
{
	k->any = true;
	k->when = when;
	k->len = (size_t)(end - from);
	memcpy(k->text, from, k->len);
	return end;
}

char *form_ctime(char *p, int64_t when)
{
	static struct kept last;
	char *from = p;
	struct tm tm;

	if (form_again(&last, when, &p))
		return p;
	if (!local(when, &tm))
		return ix_put_i64(p, when);
	p = ix_put_text(p, days[tm.tm_wday]);
	*p++ = ' ';
	p = ix_put_text(p, months[tm.tm_mon]);
	*p++ = ' ';
	p = form_put_two(p, tm.tm_mday, ' ');
	*p++ = ' ';
	p = put_clock(p, &tm, true);
	*p++ = ' ';
	return form_keep(&last, when, from, put_year(p, &tm));
}

char *form_short(char *p, int64_t when)
{
	static struct kept last;
	static bool asked;
	static struct tm now;
	char *from = p;
	struct tm tm;

	if (form_again(&last, when, &p))
		return p;
	if (!asked)
		(void)local(time(NULL), &now);
	asked = true;
	if (!local(when, &tm))
		return ix_put_i64(p, when);
	if (tm.tm_year == now.tm_year && tm.tm_yday == now.tm_yday)
		return form_keep(&last, when, from, put_clock(p, &tm, false));
	if (tm.tm_year != now.tm_year) {
		p = put_year(p, &tm);
		*p++ = '-';
	}
	p = ix_put_text(p, months[tm.tm_mon]);
	return form_keep(&last, when, from, form_put_two(p, tm.tm_mday, '0'));
}

char *form_iso(char *p, int64_t when)
{
	static struct kept last;
	char *from = p;
	struct tm tm;
	long offset;

	if (form_again(&last, when, &p))
		return p;
	if (!local(when, &tm))
		return ix_put_i64(p, when);
	offset = tm.tm_gmtoff / 60;
	p = put_year(p, &tm);
	*p++ = '-';
	p = form_put_two(p, tm.tm_mon + 1, '0');
	*p++ = '-';
	p = form_put_two(p, tm.tm_mday, '0');
	*p++ = 'T';
	p = put_clock(p, &tm, true);
	*p++ = offset < 0 ? '-' : '+';
	offset = offset < 0 ? -offset : offset;
	p = form_put_two(p, (int)(offset / 60), '0');
	*p++ = ':';
	return form_keep(&last, when, from, form_put_two(p, (int)(offset % 60), '0'));
}

/* ---- the rest */

char *form_perms(char *p, uint64_t mode)
{
	for (int bit = 8; bit >= 0; bit--)
		*p++ = mode >> bit & 1 ? "xwr"[bit % 3] : '-';
	return p;
}

/* Read up to `size` bytes; return the number of bytes read, or -errno. */
static ssize_t form_read_all(int fd, char *buf, size_t size)
{
	ssize_t got;

	do
		got = read(fd, buf, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* The text is cached, because one process often created many objects. */
char *form_command(char *p, int64_t pid)
{
	static int64_t last = -1;
	static char text[FORM_COMMAND_MAX];
	static size_t len;
	char path[40];
	auto_fd int fd = -1;
	ssize_t got;

	if (pid != last) {
		last = pid;
		len = 0;
		(void)snprintf(path, sizeof(path), "/proc/%lld/cmdline", (long long)pid);
		fd = pid > 0 ? ix_open(AT_FDCWD, path, O_RDONLY) : -1;
		got = fd >= 0 ? form_read_all(fd, text, sizeof(text)) : fd;
		if (pid > 0)
			gap_error("the commands of some processes could not be read",
				  (int)MIN(got, 0));
		len = got > 0 ? (size_t)got : 0;
		while (len > 0 && text[len - 1] == '\0')
			len--;
		for (size_t i = 0; i < len; i++)
			if (text[i] == '\0')
				text[i] = ' ';
	}
	memcpy(p, text, len);
	return p + len;
}
