/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdio.h>
#include <unistd.h>

#include "wireless.h"

static bool read_line(const char *interface, const char *file, char *line, int size)
{
	char path[96];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(line, size, f);
	fclose(f);
	return ok;
}

/* /sys belongs to the namespace that it was mounted in. Where it shows an interface of this name, number and MAC
 * address, that is taken for ours. */
static bool sysfs_shows(const struct ig_interface *interface)
{
	unsigned int mac[6];
	char line[64];
	int ifindex;

	if (!read_line(interface->name, "ifindex", line, sizeof(line)) ||
	    sscanf(line, "%d", &ifindex) != 1 || ifindex != interface->ifindex ||
	    !read_line(interface->name, "address", line, sizeof(line)) ||
	    sscanf(line, "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
		   &mac[5]) != 6)
		return false;
	for (int i = 0; i < 6; i++) {
		if (mac[i] != interface->mac[i])
			return false;
	}
	return true;
}

int ig_is_wireless(const struct ig_interface *interface)
{
	char path[96];

	if (*interface->kind) /* made by software: veth, vlan, bond, ... */
		return 0;
	if (!sysfs_shows(interface))
		return -1;
	snprintf(path, sizeof(path), "/sys/class/net/%s/phy80211", interface->name);
	return !access(path, F_OK);
}
