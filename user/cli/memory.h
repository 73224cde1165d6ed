/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Before the inventory @path is read: a large one takes hundreds of megabytes, and most of the time would go into getting
 * them from the kernel in pieces of 4 KiB. */
void memory_prepare(const char *path);
