/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "offload.h"
#include "util.h"

#define MAX_FEATURES 1024u

/* @command: one of ethtool's structs. What is asked goes in, the answer comes out. */
static int ask(int fd, const char *interface, void *command)
{
	struct ifreq request = {.ifr_data = command};

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

/* --- looking --- */

/* Features have numbers that every kernel gives anew: they are found by their names. Returns them, @count of
 * ETH_GSTRING_LEN bytes each, which the caller frees; NULL where they cannot be had. */
static struct ethtool_gstrings *feature_names(int fd, const char *interface)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
	_free_ struct ethtool_gstrings *names = NULL;

	if (ask(fd, interface, &set) || !set.info.sset_mask || set.count > MAX_FEATURES)
		return NULL;
	names = calloc(1, sizeof(*names) + (size_t)set.count * ETH_GSTRING_LEN);
	if (!names)
		return NULL;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = set.count;
	return ask(fd, interface, names) || names->len > set.count ? NULL : take_ptr(names);
}

static struct ethtool_gfeatures *features_of(int fd, const char *interface, uint32_t count)
{
	uint32_t blocks = (count + 31) / 32;
	_free_ struct ethtool_gfeatures *features =
		calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));

	if (!features)
		return NULL;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	return ask(fd, interface, features) || features->size > blocks ? NULL : take_ptr(features);
}

static int feature(const struct ethtool_gstrings *names, const struct ethtool_gfeatures *features,
		   const char *name)
{
	for (uint32_t i = 0; i < names->len && i / 32 < features->size; i++) {
		const char *word = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;

		if (!strncmp(word, name, ETH_GSTRING_LEN))
			return features->features[i / 32].active >> i % 32 & 1;
	}
	return -1;
}

void ig_offloads_look(const char *interface, struct ig_offloads *out)
{
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_free_ struct ethtool_gstrings *names = fd < 0 ? NULL : feature_names(fd, interface);
	_free_ struct ethtool_gfeatures *features = names ? features_of(fd, interface, names->len)
							  : NULL;

	*out = (struct ig_offloads){-1, -1, -1, -1};
	if (!features)
		return;
	*out = (struct ig_offloads){
		.rxvlan = feature(names, features, "rx-vlan-hw-parse"),
		.lro = feature(names, features, "rx-lro"),
		.gro_hw = feature(names, features, "rx-gro-hw"),
		.tc_offload = feature(names, features, "hw-tc-offload"),
	};
}
