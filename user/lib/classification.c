/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of the inventory for what devices are and how they are treated. */
#include "iotguard/iotguard.h"
#include "util.h"

static const char *const environments[] = {
	[IOTGUARD_ENV_CONSUMER] = "consumer",	  [IOTGUARD_ENV_ENTERPRISE] = "enterprise",
	[IOTGUARD_ENV_INDUSTRIAL] = "industrial", [IOTGUARD_ENV_HEALTHCARE] = "healthcare",
	[IOTGUARD_ENV_BUILDING] = "building",
};

static const char *const criticalities[] = {
	[IOTGUARD_CRIT_SAFETY] = "safety",
	[IOTGUARD_CRIT_DATA] = "data",
	[IOTGUARD_CRIT_OPERATIONAL] = "operational",
};

static const char *const modes[] = {
	[IOTGUARD_MODE_ENFORCE] = "enforce",
	[IOTGUARD_MODE_MONITOR] = "monitor",
	[IOTGUARD_MODE_LEARN] = "learn",
};

static const char *name_of(const char *const *names, size_t count, int number)
{
	return number >= 0 && (size_t)number < count ? names[number] : NULL;
}

const char *iotguard_environment_name(int environment)
{
	return name_of(environments, ARRAY_SIZE(environments), environment);
}

const char *iotguard_criticality_name(int criticality)
{
	return name_of(criticalities, ARRAY_SIZE(criticalities), criticality);
}

const char *iotguard_mode_name(int mode)
{
	return name_of(modes, ARRAY_SIZE(modes), mode);
}
