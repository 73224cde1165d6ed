/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands share: how one was called, and how it ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "iotguard/iotguard.h"

#define PROGRAM "iotguard-load"

/* Part of the interface: see EXIT STATUS of the manual page. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* at run time */
	CLI_USAGE = 2,
	CLI_INVALID = 3,   /* an inventory or another file */
	CLI_UNABLE = 4,	   /* a privilege or a feature of the kernel is missing */
	CLI_DIFFERENT = 6, /* `plan`: it would change something */
};

enum cli_colour {
	CLI_COLOUR_AUTO = 0, /* on a terminal, unless NO_COLOR is set */
	CLI_COLOUR_ALWAYS = 1,
	CLI_COLOUR_NEVER = 2,
};

/* Options that every command takes, before its name or behind it. */
struct cli_globals {
	bool json;
	bool help;
	bool version;
	const char *state_dir;
	const char *save_dir;
	const char *socket;
	int colour; /* enum cli_colour */
};

struct cli {
	struct cli_globals globals;
	struct iotguard *ig;
	const struct command *command;
	void *options; /* of the command: as its option table says */
	const char *const *operands;
	size_t n_operands;
	bool colour; /* of standard output */
	bool colour_errors;
	size_t diags_printed; /* of the handle's list */
	bool strict;	      /* warnings are errors, and are called so */
};

struct option_spec;

struct command {
	const char *name;
	const char *operands;		   /* for the usage line */
	const char *summary;		   /* one line, for the list */
	const char *description;	   /* what --help adds to it; may be NULL */
	const struct option_spec *options; /* NULL: none */
	size_t options_size;		   /* of the struct that the options are read into */
	size_t min_operands, max_operands;
	bool hidden;		     /* not for people: no list has it */
	int (*run)(struct cli *cli); /* returns enum cli_exit */
};

extern const struct command *const commands[];	      /* ends with NULL */
const struct command *command_find(const char *name); /* NULL: no such */

extern const struct command cmd_show, cmd_check, cmd_apply, cmd_confirm, cmd_rollback, cmd_detach,
	cmd_quarantine, cmd_release, cmd_events, cmd_mud, cmd_replay, cmd_doctor, cmd_plan,
	cmd_explain, cmd_version, cmd_help, cmd_completion;

/* ------------------------------------------------------------------------------- how things end */

/* "iotguard-load: error: ..." on stderr, and a hint if there is one. @cli may be NULL. */
void cli_error(const struct cli *cli, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void cli_note(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As cli_error(); returns CLI_USAGE. */
int cli_usage_error(const struct cli *cli, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What a diagnostic counts as in this run. */
enum iotguard_severity cli_severity(const struct cli *cli, const struct iotguard_diag *diag);

/* Prints what the library found wrong since the last call. */
void cli_print_diags(struct cli *cli);

/*
 * The call that returned @err (negative) is the end of the command: says why, if no diagnostic did,
 * and returns the exit status.
 */
int cli_fail(struct cli *cli, int err);
/* The same, for reading and compiling an inventory. */
int cli_fail_inventory(struct cli *cli, int err);

/* The same, for changing something of what is in force: where nothing is, that is an error, too. */
int cli_fail_change(struct cli *cli, int err);

/* What a person types when nothing is enforced yet; JSON: {"enforced": false}. Returns CLI_OK. */
int cli_nothing_enforced(struct cli *cli);
