// SPDX-License-Identifier: LGPL-2.1-or-later
// List objects in C++17, with owners that free what is returned.
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include <ipcx.h>

namespace
{
struct Free {
	void operator()(ipcx *x) const
	{
		ipcx_free(x);
	}
	void operator()(ipcx_table *t) const
	{
		ipcx_table_free(t);
	}
};
using Context = std::unique_ptr<ipcx, Free>;
using Table = std::unique_ptr<ipcx_table, Free>;

Context open()
{
	ipcx *x = nullptr;

	if (ipcx_new(&x) < 0)
		throw std::bad_alloc();
	return Context(x);
}

Table scan(const Context &x, const std::string &mechanisms)
{
	ipcx_query q = {};
	ipcx_table *t = nullptr;

	q.size = sizeof(q);
	if (ipcx_mech_mask(mechanisms.c_str(), &q.mechs) < 0)
		throw std::invalid_argument("no mechanism " + mechanisms);
	if (ipcx_scan(x.get(), &q, &t) < 0)
		throw std::runtime_error(ipcx_error(x.get()));
	return Table(t);
}
}

int main(int argc, char **argv)
try {
	const auto x = open();
	const auto t = scan(x, argc > 1 ? argv[1] : "all");

	for (size_t row = 0; row < ipcx_table_rows(t.get()); row++) {
		ipcx_value ref;

		if (ipcx_row_get(t.get(), row, IPCX_F_REF, &ref) == 0)
			std::cout << ipcx_value_string(&ref) << '\n';
	}
	return ipcx_table_complete(t.get()) ? 0 : 1;
} catch (const std::exception &e) {
	std::cerr << "list: " << e.what() << '\n';
	return 2;
}
