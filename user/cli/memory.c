/* SPDX-License-Identifier: BSD-2-Clause */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "memory.h"

#define LARGE	  (1 << 20) /* bytes of an inventory; what is smaller takes milliseconds anyway */
#define HUGE_PAGE ((uintptr_t)2 << 20)
#define TIMES	  12 /* what reading and compiling takes, at most, for each byte of the inventory */

/*
 * What is freed is kept for what comes next, and all of it lies in one piece that the kernel may back with large pages.
 * Reserved memory that is never touched is no memory.
 */
void memory_prepare(const char *path)
{
#ifdef __GLIBC__
	struct stat st;
	size_t size;
	char *piece;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size < LARGE || st.st_size > INT32_MAX)
		return;
	size = TIMES * (size_t)st.st_size;
	if (!mallopt(M_MMAP_MAX, 0) || !mallopt(M_TRIM_THRESHOLD, INT32_MAX))
		return;
	piece = malloc(size);
	if (piece) {
		uintptr_t first = ((uintptr_t)piece + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
		uintptr_t last = ((uintptr_t)piece + size) & ~(HUGE_PAGE - 1);

		if (first < last)
			madvise((void *)first, last - first, MADV_HUGEPAGE);
	}
	free(piece);
#else
	(void)path;
#endif
}
