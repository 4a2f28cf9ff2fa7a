// SPDX-License-Identifier: GPL-2.0-or-later
/* The cheapest dynamically linked program: what starting any command costs at least. */

int main(void)
{
	return 0;
}
