/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Load queues for a second in a namespace of their own, and print
 * rates and errors. */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx-stress.h>

static void stress_print_rows(const struct ipcx_table *t)
{
	struct ipcx_value what, rate, errors;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_OPERATION, &what) <
			    0 ||
		    ipcx_row_get(t, row, IPCX_F_RATE, &rate) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_ERRORS, &errors) < 0)
			continue;
		printf("%s: %.0f per second, %" PRIu64 " errors\n",
		       ipcx_value_string(&what),
		       rate.type == IPCX_TYPE_REAL
			       ? rate.as.d
			       : (double)rate.as.u,
		       errors.as.u);
	}
}

int main(void)
{
	struct ipcx_stress_plan plan = { .size = sizeof(plan),
					 .duration = UINT64_C(
						 1000000000),
					 .cpus = IPCX_ON_ONE };
	struct ipcx_stress *s = NULL;
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r;

	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_mech_mask("msg", &plan.mechs);
	if (r == 0)
		r = ipcx_stress_start(x, &plan, &s);
	while (r == 0 && (r = ipcx_stress_wait(s, -1)) == 1)
		r = 0; /* a signal: wait on */
	if (r == 0)
		r = ipcx_stress_results(s, &t);
	if (r == 0)
		stress_print_rows(t);
	if (r < 0)
		fprintf(stderr, "stress: %s\n", ipcx_error(x));
	ipcx_table_free(t);
	if (s && ipcx_stress_end(s) < 0 && r == 0)
		r = -1;
	ipcx_free(x);
	return r < 0;
}
