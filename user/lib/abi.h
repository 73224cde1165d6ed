/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's structs, with what they need in userspace. */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

#include "iotguard/abi.h"
