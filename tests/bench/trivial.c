// SPDX-License-Identifier: GPL-2.0-or-later
/* The cheapest dynamically linked program: the minimum cost of starting any command. */

int main(void)
{
	return 0;
}
