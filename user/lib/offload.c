/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "offload.h"
#include "util.h"

/* @value: the command goes in, what is asked comes out. */
static int ask(int fd, const char *interface, struct ethtool_value *value)
{
	struct ifreq request = {.ifr_data = (void *)value};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

int ig_offload_keep_tags(const char *interface)
{
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	int err;

	if (fd < 0)
		return -errno;
	err = ask(fd, interface, &flags);
	if (err == -EOPNOTSUPP)
		return 0; /* knows no offloads at all */
	if (err || !(flags.data & ETH_FLAG_RXVLAN))
		return err;
	flags.cmd = ETHTOOL_SFLAGS;
	flags.data &= ~(uint32_t)ETH_FLAG_RXVLAN;
	return ask(fd, interface, &flags) ?: 1;
}
