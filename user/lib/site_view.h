/* SPDX-License-Identifier: BSD-2-Clause */
/* The guarded machine as `show interfaces` and `doctor` look at it: what is in force beside what is there. */
#pragma once

#include "flowtable.h"
#include "hearing.h"
#include "interfaces.h"
#include "snapshot.h"

struct ig_site_view {
	const struct ig_view *view;
	struct ig_interfaces all;
	char **attached; /* names that have links */
	int n_attached;
	int *guarded; /* index of the interface of each of them; 0: it is gone */
	struct ig_flowtable_ports flowtables;
	int flowtables_err; /* why they are not known; 0: they are */
	struct ig_hearings hearings;
};

/* 0, -errno. Clear it in any case. */
int ig_site_view_look(struct iotguard *ig, const struct ig_view *view, struct ig_site_view *out);
void ig_site_view_clear(struct ig_site_view *site);

/* Does the policy in force name it? */
bool ig_site_view_names(const struct ig_site_view *site, const char *interface);
/* Is it guarded, as far as this process may see? */
bool ig_site_view_guards(const struct ig_site_view *site, const struct ig_interface *interface);
/* A port of the same bridge that nothing guards; NULL: there is none. */
const struct ig_interface *ig_site_view_beside(const struct ig_site_view *site,
					       const struct ig_interface *interface);
/* Fills in all that struct iotguard_interface_info says of coverage; strings go with @array. @interface NULL: it is not
 * there. */
void ig_site_view_describe(const struct ig_site_view *site, const struct ig_interface *interface,
			   void *array, struct iotguard_interface_info *out);
