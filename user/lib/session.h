/* SPDX-License-Identifier: BSD-2-Clause */
/* Over which SSH connection is this process operated? SSH_CONNECTION of its environment says, or, as
 * sudo takes that away, of the environment of a process that it descends from. */
#pragma once

#include <sys/types.h>

#include "iotguard/iotguard.h"

/* "CLIENT PORT SERVER PORT", as sshd writes it. 0, or -EINVAL: it says nothing that can be used. */
int ig_session_parse(const char *text, struct iotguard_session *out);

/* From an environment as /proc/PID/environ has it. -ENOENT: there is none, or nothing of use. */
int ig_session_of_environ(const char *strings, size_t size, struct iotguard_session *out);

/* The parent in a line of /proc/PID/stat. 0: there is none, or the line is none. */
pid_t ig_parent_of_stat(const char *line);
