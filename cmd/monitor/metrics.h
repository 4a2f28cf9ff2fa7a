/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics between reading and writing. A set holds samples of one origin (groups of
 * objects, limits, …); a sample has labels and a value for each family of its set
 * (metrictable.c).
 */
#pragma once

#include "base/buf.h"
#include "cmd.h"
#include "nsopt.h"
#include "ui/select.h"

enum metric_set {
	METRIC_GROUPS,
	METRIC_WAITS,
	METRIC_STUCK,
	METRIC_FINDINGS,
	METRIC_LIMITS,
	METRIC_NAMESPACES,
	METRIC_OBJECTS,
	METRIC_UNREADABLE,
	METRIC_DROPPED,
	METRIC_SELF,
	METRIC_SETS,
};

/* How the values of several series become one. */
enum metric_fold { FOLD_ADD, FOLD_HIGHEST, FOLD_LOWEST };

struct metric_value {
	enum { NO_VALUE, UNKNOWN_VALUE, WHOLE_VALUE, REAL_VALUE } kind;
	union {
		uint64_t n;
		double d;
	};
};

#define METRIC_VALUES 16

struct metric_sample {
	char *labels; /* as written between the braces: mech="shm",owner="joe" */
	struct metric_value values[METRIC_VALUES];
};

/* Labels being put together. Zeroed at first; metric_add() takes the text. */
struct metric_labels {
	struct ix_buf text;
	bool starved;
};

struct metric_samples {
	struct metric_sample *all;
	size_t n, room;
};

struct metrics_args {
	struct ns_args where;
	const char *by, *with, *output, *get;
	struct select_args select;
	uint64_t given, max, every;
	bool per_object, http;
};

/* Bits for --by and --with, in the order of their words. */
enum { BY_OWNER = 1, BY_NS = 2, BY_CONTAINER = 4, BY_NOTHING = 8 };
enum { WITH_RSS = 1, WITH_WAITS = 2, WITH_WHO = 4, WITH_DOCTOR = 8 };

struct metrics {
	struct app *app;
	const struct metrics_args *args;
	unsigned by, with; /* BY_…, WITH_… */
	uint64_t mechs, max;
	const struct ipcx_expr *where; /* the objects with series of their own, or NULL */
	struct metric_samples sets[METRIC_SETS];
	uint64_t *failed, *gaps; /* for each mechanism: what could not be read */
	uint64_t other_gaps;     /* the same without a mechanism */
	bool starved;            /* out of memory: the sets are incomplete */
};

/* ---- metricset.c */

/* Add a sample with these labels, which are empty afterwards. Returns NULL when out of
 * memory, also for the labels. */
struct metric_sample *metric_add(struct metrics *m, enum metric_set set,
				 struct metric_labels *labels);

/* Append NAME="VALUE": the value as it is, as far as it is UTF-8. */
void metric_label(struct metric_labels *labels, const char *name, const char *value);

/* Append the value of a field of a row as a label, if there is one. */
void metric_label_of(struct metric_labels *labels, const char *name,
		     const struct ipcx_table *t, size_t row, enum ipcx_field f);

/* Combine two values of the same family. */
void metric_fold(struct metric_value *to, const struct metric_value *from,
		 enum metric_fold fold);

/* Order the samples of a set by labels, and combine those whose labels are the same. */
void metric_merge(struct metrics *m, enum metric_set set);

/* Keep the largest `most` samples by their first values; returns how many were left
 * out: combined with the rest of their mechanism if there is a text for its labels
 * besides mech, else dropped. */
size_t metric_bound(struct metrics *m, enum metric_set set, uint64_t most,
		    const char *rest);

void metric_free(struct metrics *m);

/* ---- metrictable.c */

struct metric_family {
	char name[IX_TEXT(32)];
	uint16_t field, other; /* whose description and unit it has; another field with
				  the same meaning in other rows */
	uint8_t set, fold;
	char help[IX_TEXT(88)]; /* "": that of the field */
};

/* Return a family by its number; NULL past the last. */
const struct metric_family *metric_family(size_t i);

/* Return which of the values of its set's samples belongs to a family. */
size_t metric_at(size_t family);

/* Write the whole name of a family: "ipcx_resident_bytes". */
void metric_name(const struct metric_family *f, char *buf, size_t size);

/* Return the text after "# HELP", which is in buf or static. */
const char *metric_help(const struct metric_family *f, char *buf, size_t size);

/* Return the unit, or NULL. */
const char *metric_unit(const struct metric_family *f);

/* Return the labels that a family can have, for people: "mech, owner". */
const char *metric_labels_of(const struct metric_family *f);

/* A word of --by or --with. */
struct metric_word {
	char name[IX_TEXT(12)], what[IX_TEXT(64)];
};

/* Bit i of BY_… and WITH_… is word i; terminated by .name = "". */
extern const struct metric_word metric_by_words[], metric_with_words[];

/* Return the word of --with that a family needs; 0 if none: WITH_…. */
unsigned metric_needs(const struct metric_family *f);

/* Take the values of a row's fields for all families of a set. */
void metric_values(enum metric_set set, const struct ipcx_table *t, size_t row,
		   struct metric_sample *s);

/* Write all sets as text. Returns 0 or -ENOMEM. */
int metric_text(const struct metrics *m, struct ix_buf *ret_text);

/* Write a value as in the text. Returns the end. */
char *metric_put_value(char *p, const struct metric_value *v);

/* ---- metricread.c */

/* Read everything that was asked for into the sets. Returns 0, or an exit status after a
 * message. */
int metric_read(struct metrics *m);

/* Count the notes of a table that something is missing: the objects of a listing one by
 * one, gaps once, as slices and later tables repeat them. */
void metric_notes(struct metrics *m, const struct ipcx_table *t, bool listing);

/* Add one number that is not of a row. label NULL: without labels. */
void metric_number(struct metrics *m, enum metric_set set, const char *label,
		   const char *value, uint64_t n);

/* A mechanism without objects has none, which is a value, too. */
void metric_zeros(struct metrics *m, enum metric_set set);

/* Add the labels that tell where a row is, as far as they were asked for and are among
 * these (BY_…). */
void metric_place(const struct metrics *m, struct metric_labels *l,
		  const struct ipcx_table *t, size_t row, unsigned by);

/* Return the number of fields that these labels need, the mechanism's among them, at most
 * 4. */
size_t metric_by(const struct metrics *m, enum ipcx_field *fields, unsigned by);

/* ---- metricmore.c: all return 0, or an exit status after a message */

/* The use of limits is what was counted in groups, if that was everything. */
int metric_limits(struct metrics *m, const struct ipcx_table *groups);
int metric_waits(struct metrics *m);
int metric_doctor(struct metrics *m);

/* ---- metricget.c */

/* Check a selector. Returns 0, or exit status 2 after a message. */
int metric_get_check(const struct metrics_args *args);

/* Return the labels that a selector names: BY_…. */
unsigned metric_get_by(const char *selector);

/* Return the family that a valid selector names. */
const struct metric_family *metric_get_family(const char *selector);

/* Print the value of a selector. Returns an exit status. */
int metric_get(const struct metrics *m, const char *selector);

/* ---- metrichttp.c */

/* Read a request from standard input. Returns the status of its answer: 200 if it asks
 * for the metrics; 0 if there was no request. *ret_open: whether OpenMetrics is accepted;
 * *ret_head: whether only the head of the answer is wanted. */
int http_request(bool *ret_open, bool *ret_head);

/* Answer it on standard output. Returns an exit status. */
int http_answer(int status, bool open, bool head, const struct ix_buf *text);
