/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading /proc/sysvipc/{shm,msg,sem}. The columns are found once, by the words of the
 * heading, so that additional or reordered columns of other kernels are read correctly. A
 * line that does not match is skipped and counted.
 */
#include "mech/sysvtext.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

/* procfs returns a page at a time; the rest of the buffer is for a partial line that is
 * carried over. */
#define READ_SIZE 65536

void ix_sysv_parser_init(struct ix_sysv_parser *p, const struct ix_sysv *v)
{
	memset(p, 0, sizeof(*p));
	p->v = v;
}

static bool sysvtext_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Skip the blanks at p, eight at a time since the columns are wide. */
static const char *sysvtext_skip_blanks(const char *p, const char *end)
{
	static const char eight[8] = { ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ' };

	while (end - p >= 8 && !memcmp(p, eight, sizeof(eight)))
		p += 8;
	while (p < end && sysvtext_is_blank(*p))
		p++;
	return p;
}

/* Return the next blank-separated word; NULL at the end of the line. */
static const char *next_word(const char **at, const char *end, size_t *ret_len)
{
	const char *p = sysvtext_skip_blanks(*at, end), *word = p;

	if (p == end)
		return NULL;
	while (p < end && !sysvtext_is_blank(*p))
		p++;
	*ret_len = (size_t)(p - word);
	*at = p;
	return word;
}

static const struct ix_sysv_word *word_named(const struct ix_sysv *v, const char *name,
					     size_t len)
{
	for (const struct ix_sysv_word *w = v->words; *w->heading; w++)
		if (strlen(w->heading) == len && !memcmp(w->heading, name, len))
			return w;
	return NULL;
}

static int parse_heading(struct ix_sysv_parser *p, const char *at, const char *end)
{
	struct ipcx_fieldset seen = { { 0 } };
	const char *word;
	size_t len;

	p->heading_seen = true;
	while (p->ncolumns < IX_TEXT_COLUMNS && (word = next_word(&at, end, &len))) {
		const struct ix_sysv_word *w = word_named(p->v, word, len);

		if (w && ipcx_fieldset_has(&seen, w->field))
			w = NULL; /* duplicate heading: use the first */
		if (w)
			ipcx_fieldset_add(&seen, w->field);
		p->columns[p->ncolumns++] = w;
	}
	for (const struct ix_sysv_word *w = p->v->words; *w->heading; w++)
		if (!ipcx_fieldset_has(&seen, w->field))
			ipcx_fieldset_add(&p->missing, w->field);
	return ipcx_fieldset_has(&seen, IPCX_F_ID) ? 0 : -EPROTO;
}

/* Any number of this many digits fits into 64 bits. */
#define SAFE_DIGITS 19

/* Parse the number at p in base 8 or 10. Returns the end of the number, or NULL if the
 * number does not fit 64 bits. */
static const char *read_digits(const char *p, const char *end, unsigned base,
			       uint64_t *ret_n)
{
	const char *first = p;
	uint64_t n = 0;

	for (; p < end; p++) {
		unsigned digit = (unsigned char)*p - '0';

		if (digit >= base)
			break;
		if (p - first < SAFE_DIGITS)
			n = n * base + digit;
		else if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
			 __builtin_add_overflow(n, (uint64_t)digit, &n))
			return NULL;
	}
	*ret_n = n;
	return p > first ? p : NULL;
}

/* Store a number in its member. Returns whether it fits. */
static bool sysvtext_store(const struct ix_sysv_word *w, bool minus, uint64_t n,
			   char *row)
{
	if (w->size == 4) {
		uint32_t n32 = (uint32_t)n;

		if (n > (minus ? UINT64_C(0x80000000) : UINT32_MAX))
			return false;
		n32 = minus ? -n32 : n32;
		memcpy(row + w->offset, &n32, sizeof(n32));
		return true;
	}
	if (minus && n > (uint64_t)INT64_MAX + 1)
		return false;
	n = minus ? -n : n;
	memcpy(row + w->offset, &n, sizeof(n));
	return true;
}

/* Parse the word at p as w. Returns the end of the word, or NULL if the word does not
 * match. */
static const char *take_word(const struct ix_sysv_word *w, const char *p, const char *end,
			     char *row)
{
	bool minus = *p == '-';
	uint64_t n;

	if (minus && !w->negative)
		return NULL;
	p = read_digits(p + minus, end, w->octal ? 8 : 10, &n);
	if (!p || (p < end && !sysvtext_is_blank(*p)) ||
	    !sysvtext_store(w, minus, n, row))
		return NULL;
	return p;
}

int ix_sysv_parse_line(struct ix_sysv_parser *p, const char *line, size_t len, void *row)
{
	const char *at = line, *end = line + len;
	size_t n;

	if (!p->heading_seen)
		return parse_heading(p, at, end);
	for (size_t i = 0; at && i < p->ncolumns; i++) {
		at = sysvtext_skip_blanks(at, end);
		if (at == end)
			at = NULL;
		else if (p->columns[i])
			at = take_word(p->columns[i], at, end, row);
		else
			(void)next_word(&at, end, &n);
	}
	if (!at) {
		p->bad++;
		return 0;
	}
	if (((struct ix_sysv_row *)row)->id < 0) {
		p->bad++;
		return 0;
	}
	return 1;
}

/* One reading of the file, and where its rows go. */
struct reading {
	struct ix_sysv_parser parser;
	void *(*room)(struct reading *rd);          /* memory for the next row, or NULL */
	int (*take)(struct reading *rd, void *row); /* take a full row; -errno stops */
	void (*begin)(struct reading *rd); /* called after the heading; may be NULL */
	struct ix_scan *s;
	struct ix_sysv_lines *lines;
	uint64_t from;
	int32_t only_id, last_id;
	int found;
	int why;     /* why calls were not used (-errno), or 0 */
	int stopped; /* the -errno with which take() stopped the reading */
};

static struct ipcx_fieldset sysvtext_lacking(const struct ix_sysv_parser *p)
{
	struct ipcx_fieldset all = p->missing,
			     calls = ipcx_fieldset_of(p->v->calls_only,
						      p->v->ncalls_only);

	ipcx_fieldset_merge(&all, &calls);
	return all;
}

/* Take one line of the file. Returns 0 or -errno. */
static int take_line(struct reading *rd, const char *line, size_t len)
{
	bool heading_seen = rd->parser.heading_seen;
	struct ix_sysv_row *row;
	int r;

	if (heading_seen && len == 0)
		return 0;
	row = rd->room(rd);
	if (!row)
		return -ENOMEM;
	r = ix_sysv_parse_line(&rd->parser, line, len, row);
	if (!heading_seen && rd->parser.heading_seen && rd->begin)
		rd->begin(rd);
	if (r <= 0)
		return r;
	/* Linux 5.3 to 5.6 could list an object twice at the boundary of two reads. */
	if (row->id == rd->last_id)
		return 0;
	rd->last_id = row->id;
	rd->stopped = rd->take(rd, row);
	return rd->stopped;
}

/* Take all complete lines in buf, and move the rest to its beginning. Returns the length
 * of the rest or -errno. */
static ssize_t take_lines(struct reading *rd, char *buf, size_t len)
{
	char *p = buf, *end = buf + len, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p)))) {
		int r = take_line(rd, p, (size_t)(newline - p));

		if (r < 0)
			return r;
		p = newline + 1;
	}
	memmove(buf, p, (size_t)(end - p));
	return end - p;
}

static int sysvtext_read_lines(struct reading *rd, int fd, char *buf)
{
	size_t have = 0;

	for (;;) {
		ssize_t n = read(fd, buf + have, READ_SIZE - have), rest;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return have ? take_line(rd, buf, have) : 0;
		rest = take_lines(rd, buf, have + (size_t)n);
		if (rest < 0)
			return (int)rest;
		have = (size_t)rest;
		if (have == READ_SIZE) { /* a line longer than any kernel writes: its rest
					    counts as a bad line too */
			rd->parser.bad++;
			have = 0;
		}
	}
}

static void sysvtext_path_of(const struct ix_sysv *v, char *buf, size_t size)
{
	(void)snprintf(buf, size, "sysvipc/%s", v->name);
}

/* Read the file. Returns 0 or -errno; rows taken before a failed read stay. */
static int sysvtext_read_text(struct reading *rd, struct ipcx *x)
{
	auto_free char *buf = NULL;
	auto_fd int fd = -1;
	struct stat st;
	char path[32];
	int proc = ix_procfd(x), r;

	if (proc < 0)
		return proc;
	sysvtext_path_of(rd->parser.v, path, sizeof(path));
	fd = ix_open(proc, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	/* The file may be masked with a device or a FIFO, which could block or never
	 * end. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EPROTO;
	buf = malloc(READ_SIZE);
	if (!buf)
		return -ENOMEM;
	r = sysvtext_read_lines(rd, fd, buf);
	/* Without a heading the file is masked by a container; that does not mean that
	 * there are no objects. */
	return r == 0 && !rd->parser.heading_seen ? -EPROTO : r;
}

/* ---- into a scan */

void ix_sysv_text_lacks(struct ix_scan *s, const struct ipcx_fieldset *lacks, int why)
{
	char what[256];
	size_t len = 0;

	for (unsigned n = 0; n < ipcx_field_count(); n++) {
		enum ipcx_field f = (enum ipcx_field)n;

		if (!ipcx_fieldset_has(lacks, f) || !ipcx_fieldset_has(&s->want, f))
			continue;
		len += (size_t)snprintf(what + len, sizeof(what) - len, "%s%s",
					len ? ", " : "", ipcx_field_info(f)->name);
		if (len >= sizeof(what))
			return;
	}
	if (len) {
		(void)snprintf(
			what + len, sizeof(what) - len,
			": not in /proc/sysvipc, and the call that reports it failed");
		ix_table_once(s->t, why ? why : -ENODATA, what);
	}
}

static void *scan_room(struct reading *rd)
{
	return ix_scan_row(rd->s);
}

static void scan_begin(struct reading *rd)
{
	rd->s->source = (struct ix_lacking){ sysvtext_lacking(&rd->parser), 0, 0 };
}

static int scan_take(struct reading *rd, void *data)
{
	struct ix_sysv_row *row = data;
	int r;

	if (rd->only_id >= 0 && row->id != rd->only_id)
		return 0;
	if ((uint64_t)((uint32_t)row->id & 0xffffff) <
	    rd->from) /* only with ipcmni_extend is a listing resumed at a slot */
		return 0;
	ix_lacks(rd->s->t, row, &rd->s->source);
	if (!rd->found++)
		ix_sysv_text_lacks(rd->s, &rd->s->source.fields, rd->why);
	r = ix_scan_keep(rd->s);
	return r < 0 ? r : 0;
}

int ix_sysv_text(struct ix_scan *s, const struct ix_sysv *v, uint64_t from,
		 int32_t only_id, int why)
{
	bool stopped;

	return ix_sysv_text_until(s, v, from, only_id, why, &stopped);
}

int ix_sysv_text_until(struct ix_scan *s, const struct ix_sysv *v, uint64_t from,
		       int32_t only_id, int why, bool *ret_stopped)
{
	struct reading rd = { .room = scan_room,
			      .take = scan_take,
			      .begin = scan_begin,
			      .s = s,
			      .from = from,
			      .only_id = only_id,
			      .why = why,
			      .last_id = -1 };
	char path[32];
	int r;

	ix_sysv_parser_init(&rd.parser, v);
	sysvtext_path_of(v, path, sizeof(path));
	r = sysvtext_read_text(&rd, s->x);
	*ret_stopped = rd.stopped;
	if (rd.stopped || r == -ENOMEM || (r < 0 && rd.found == 0))
		return r;
	if (r < 0) /* rows read so far are in the table: calls must not list them again */
		ix_table_note(s->t, IPCX_NOTE_FAILED, s->mech, r, path, "breaks off: %s",
			      ix_errno_text(r));
	if (rd.parser.bad)
		ix_table_note(s->t, IPCX_NOTE_FAILED, s->mech, -EPROTO, path,
			      "%" PRIu64 " lines could not be understood", rd.parser.bad);
	return rd.found;
}

/* ---- all lines at once */

static void *lines_room(struct reading *rd)
{
	size_t size = rd->parser.v->kind->row_size;
	char *row = ix_buf_room(&rd->lines->rows, size);

	return row ? memset(row, 0, size) : NULL;
}

static int lines_take(struct reading *rd, void *row)
{
	(void)row;
	rd->lines->rows.len += rd->parser.v->kind->row_size;
	rd->lines->n++;
	return 0;
}

int ix_sysv_lines(struct ipcx *x, const struct ix_sysv *v, struct ix_sysv_lines *ret_l)
{
	struct ix_sysv_lines l = { .size = v->kind->row_size };
	struct reading rd = {
		.room = lines_room, .take = lines_take, .lines = &l, .last_id = -1
	};
	int r;

	ix_sysv_parser_init(&rd.parser, v);
	r = sysvtext_read_text(&rd, x);
	l.lacks = sysvtext_lacking(&rd.parser);
	l.whole = r == 0 && rd.parser.bad == 0;
	if (r == -ENOMEM || (r < 0 && l.n == 0)) {
		ix_sysv_lines_free(&l);
		return r;
	}
	*ret_l = l;
	return 0;
}

void ix_sysv_lines_free(struct ix_sysv_lines *l)
{
	ix_buf_free(&l->rows);
	*l = (struct ix_sysv_lines){ 0 };
}

void ix_sysv_text_only(struct ix_scan *s, const struct ix_sysv *v, int error)
{
	enum ipcx_note_kind kind = ix_sysv_named_text(s, v) ? IPCX_NOTE_INCOMPLETE
							    : IPCX_NOTE_REASON;

	ix_table_note(s->t, kind, s->mech, error, "/proc/sysvipc",
		      "%s, so what only this file shows is unknown",
		      error < 0 && error != -ENODATA ? "cannot be read" : "is empty");
}
