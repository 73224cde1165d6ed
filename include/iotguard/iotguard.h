/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libiotguard: a Linux gateway that enforces, in the kernel, what each device behind it may do.
 *
 * - One opaque handle a gateway; no globals, no threads and no signal handlers of its own. A handle, and all that was
 *   made with it, is used by one thread at a time; different handles by as many as there are. What takes neither a handle
 *   nor something that was made with one may be called from anywhere. Files that it opens are closed by exec. What libbpf
 *   prints is switched off, for the whole process, while programs are loaded or attached.
 * - Every function that returns int returns 0 (or a count where it says so) or -errno; -ENOMEM may come from each of them
 *   and is not listed. What went wrong is said in words in the handle's list of diagnostics, which each of the functions
 *   marked [D] adds to; with them, it also tells what is no failure (warnings, notes).
 * - What a function hands out through @out is NULL after a failure, and else the caller's, who gives it back to the
 *   function named there. It is closed or freed before the handle that it was made with, but for arrays, inventories and
 *   policies. Pointers are not NULL where that is not said to be fine.
 * - IPv4 addresses are v4-mapped (::ffff:0:0/96), in network order; all other numbers are in host order. Times are
 *   seconds since the epoch where nothing else is said.
 * - Option structs begin with their size, so that they can grow: use IOTGUARD_OPTS_INIT() or IOTGUARD_OPTS().
 * - Strings in results live as long as the result that holds them. Text that came from files or from the network is
 *   passed on as it is: escape it before it reaches a terminal (the text and JSON writers here do).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IOTGUARD_API __attribute__((visibility("default")))

/*
 * Options that are all off, and know their size:
 *
 *	struct iotguard_apply_opts opts;
 *
 *	IOTGUARD_OPTS_INIT(&opts);
 *	opts.require_native = true;
 */
#define IOTGUARD_OPTS_INIT(opts) \
	((void)memset((opts), 0, sizeof(*(opts))), (void)((opts)->sz = sizeof(*(opts))))

/* The same in one expression, where at least one is set. C only: C++ has no such initialisers before C++20.
 *	struct iotguard_apply_opts opts = IOTGUARD_OPTS(iotguard_apply_opts, .require_native = true); */
#ifndef __cplusplus
#define IOTGUARD_OPTS(type, ...) ((struct type){ .sz = sizeof(struct type), __VA_ARGS__ })
#endif

struct iotguard;
struct iotguard_inventory;
struct iotguard_policy;
struct iotguard_events;
struct iotguard_answers;
struct iotguard_instance;

IOTGUARD_API const char *iotguard_version(void); /* of the library that runs: "0.1.0" */
IOTGUARD_API unsigned int iotguard_abi(void); /* of the maps in the kernel: two versions with one number can share them */

/* ------------------------------------------------------------------------------------------------------ the handle */

struct iotguard_open_opts {
	size_t sz;
	const char *state_dir; /* where the pins live; NULL: IOTGUARD_STATE_DIR */
	const char *socket; /* where iotguardd listens; NULL: events.sock beside state_dir */
	const char *save_dir; /* what outlives a reboot; NULL: IOTGUARD_SAVE_DIR, and nothing where state_dir is another */
};

#define IOTGUARD_STATE_DIR "/run/iotguard/bpf"
#define IOTGUARD_SOCKET "/run/iotguard/events.sock"
#define IOTGUARD_SAVE_DIR "/var/lib/iotguard"

/* Touches nothing on the machine, and copies @opts, which may be NULL. The caller closes it. -EINVAL: @opts without its
 * size. */
IOTGUARD_API int iotguard_open(struct iotguard **out, const struct iotguard_open_opts *opts);
IOTGUARD_API void iotguard_close(struct iotguard *ig); /* NULL is fine; enforcement goes on */

/* Where things are, after defaults. They live as long as the handle. */
IOTGUARD_API const char *iotguard_state_dir(const struct iotguard *ig);
IOTGUARD_API const char *iotguard_socket(const struct iotguard *ig);
IOTGUARD_API const char *iotguard_save_dir(const struct iotguard *ig); /* NULL: none */

/* ------------------------------------------------------------------------------------------------------ diagnostics */

enum iotguard_severity {
	IOTGUARD_ERROR = 0, /* it failed */
	IOTGUARD_WARNING = 1, /* it was done; it may not be what was meant */
	IOTGUARD_NOTE = 2, /* good to know */
};

struct iotguard_diag {
	enum iotguard_severity severity;
	const char *file; /* NULL: about no file */
	unsigned int line; /* from 1; 0: none */
	unsigned int column; /* from 1, in bytes; 0: none */
	const char *message; /* printable */
	const char *hint; /* what to do; may be NULL; printable */
};

/* All that were added since the handle was opened, or they were cleared, in order. What is got lives until another one is
 * added: until the next call of a function marked [D]. */
IOTGUARD_API size_t iotguard_diag_count(const struct iotguard *ig);
IOTGUARD_API const struct iotguard_diag *iotguard_diag_get(const struct iotguard *ig, size_t index); /* NULL: no such */
IOTGUARD_API size_t iotguard_diag_errors(const struct iotguard *ig); /* how many of them are errors */
IOTGUARD_API size_t iotguard_diag_dropped(const struct iotguard *ig); /* beyond a thousand, 800 for warnings: counted, not kept */
IOTGUARD_API void iotguard_diag_clear(struct iotguard *ig);
/*
 * "FILE:LINE:COL: error: message", and on a line of its own "    hint: ..." if there is one; no newline at the end.
 * A diagnostic about no file begins with "@program: " instead. @colour: with the escape sequences of terminals. What
 * strangers wrote in it is escaped. Returns as snprintf: how long it is, which may be more than @size has room for.
 */
IOTGUARD_API size_t iotguard_diag_text(const struct iotguard_diag *diag, const char *program, bool colour, char *buf,
				       size_t size);

/*
 * Text that came from files or from the network, made fit for a terminal (control and direction characters and bytes
 * that are no UTF-8 become visible escapes), or for the inside of a JSON string. @text may be NULL: nothing. Return as
 * snprintf.
 */
IOTGUARD_API size_t iotguard_escape_text(const char *text, char *buf, size_t size);
IOTGUARD_API size_t iotguard_escape_json(const char *text, char *buf, size_t size);

/* -------------------------------------------------------------------------------------------- inventory and policy */

enum iotguard_environment {
	IOTGUARD_ENV_CONSUMER = 0,
	IOTGUARD_ENV_ENTERPRISE = 1,
	IOTGUARD_ENV_INDUSTRIAL = 2,
	IOTGUARD_ENV_HEALTHCARE = 3,
	IOTGUARD_ENV_BUILDING = 4,
	IOTGUARD_ENV_UNKNOWN = 255,
};

enum iotguard_criticality {
	IOTGUARD_CRIT_SAFETY = 0,
	IOTGUARD_CRIT_DATA = 1,
	IOTGUARD_CRIT_OPERATIONAL = 2,
	IOTGUARD_CRIT_UNKNOWN = 255,
};

enum iotguard_mode {
	IOTGUARD_MODE_ENFORCE = 0,
	IOTGUARD_MODE_MONITOR = 1, /* all passes; what would be dropped is told */
	IOTGUARD_MODE_LEARN = 2, /* all passes; each new conversation is told once */
};

/* What a segment does with machines that the inventory does not know. */
enum iotguard_unknown {
	IOTGUARD_UNKNOWN_DROP = 0,
	IOTGUARD_UNKNOWN_MONITOR = 1,
	IOTGUARD_UNKNOWN_ONBOARD = 2, /* an address, names and the time, and nothing else */
};

/* Lower-case words of the inventory and of JSON output, static; NULL for a number that has none. */
IOTGUARD_API const char *iotguard_environment_name(int environment);
IOTGUARD_API const char *iotguard_criticality_name(int criticality);
IOTGUARD_API const char *iotguard_mode_name(int mode);

/* Reasons of reason.def, static: one word, one sentence, and whether packets pass with it. NULL, or false, for a number
 * that is none. */
IOTGUARD_API const char *iotguard_reason_token(unsigned int reason);
IOTGUARD_API const char *iotguard_reason_sentence(unsigned int reason);
IOTGUARD_API bool iotguard_reason_passes(unsigned int reason);
/* The number of a token, 0 if there is none such. */
IOTGUARD_API unsigned int iotguard_reason_number(const char *token);

/*
 * [D] Reads and checks an inventory and what it includes, and finds every mistake in one go. -EINVAL: mistakes were
 * found; -errno of open and read otherwise (said in a diagnostic, too). Needs no privilege. It may outlive the handle,
 * and diagnostics about it may outlive it.
 */
IOTGUARD_API int iotguard_inventory_load(struct iotguard *ig, const char *path, struct iotguard_inventory **out);

struct iotguard_inventory_opts {
	size_t sz;
	const char *const *names; /* of machines and groups, as of a plan: of the MUD files of others only mistakes are said; NULL: all is said */
	size_t n_names;
};

/* [D] The same. @opts may be NULL. */
IOTGUARD_API int iotguard_inventory_load_with(struct iotguard *ig, const char *path, const struct iotguard_inventory_opts *opts,
					      struct iotguard_inventory **out);
IOTGUARD_API void iotguard_inventory_free(struct iotguard_inventory *inventory); /* NULL is fine */

struct iotguard_inventory_info {
	size_t devices;
	size_t hosts;
	size_t segments;
	size_t groups;
	size_t profiles;
	size_t rules; /* as written */
	char sha256[65]; /* of all files, in hexadecimal */
};

IOTGUARD_API void iotguard_inventory_describe(const struct iotguard_inventory *inventory,
					      struct iotguard_inventory_info *info);

/*
 * [D] Compiles an inventory into what the kernel reads, and says what this version cannot enforce yet. The policy
 * refers to the inventory, which has to outlive it. -EINVAL, -E2BIG (a limit, named in a diagnostic). Needs no
 * privilege, and any number of policies may be made of one inventory.
 */
IOTGUARD_API int iotguard_policy_compile(struct iotguard *ig, const struct iotguard_inventory *inventory,
					 struct iotguard_policy **out);
IOTGUARD_API void iotguard_policy_free(struct iotguard_policy *policy); /* NULL is fine */

struct iotguard_policy_info {
	size_t policies; /* distinct ones */
	size_t rules; /* entries in them */
	size_t bytes; /* of kernel memory that one slot takes for rules and names */
};

IOTGUARD_API void iotguard_policy_describe(const struct iotguard_policy *policy, struct iotguard_policy_info *info);

/* ------------------------------------------------------------------------------------------------------------- plan */

enum iotguard_plan_effect {
	IOTGUARD_PLAN_NOTE = 0, /* explains others; by itself nothing is different */
	IOTGUARD_PLAN_CHANGE = 1, /* neither more nor less, or both */
	IOTGUARD_PLAN_GAIN = 2,
	IOTGUARD_PLAN_LOSS = 3,
};

/* Where something comes from that a machine may or may not do. */
struct iotguard_plan_rule {
	const char *level; /* "management", "own", "profile", "mud"; "infrastructure", "trust": no rule, and no place */
	const char *profile; /* "profile": whose rule it is; else NULL */
	const char *through; /* the machine's own profile, where that extends @profile; else NULL */
	bool from; /* asked when the other side opens the conversation */
	const char *text; /* the sentence */
	const char *file; /* NULL: none */
	unsigned int line, column;
};

struct iotguard_plan_change {
	enum iotguard_plan_effect effect;
	const char *subject; /* in iotguard_plan_general(): "gateway", "segment:NAME", "group:NAME"; else NULL */
	const char *direction; /* "to", "from": a conversation that the machine opens, or that is opened to it; else NULL */
	const char *what; /* what it may now or may no more, or what is another thing now */
	const char *when; /* NULL: always; "quarantine": it differs there only; "critical": the places that critical flows
			     have */
	bool exact; /* false: rules were too many to compare by what they allow, so rule by rule */
	const struct iotguard_plan_rule *before, *after; /* that decided, and that will; NULL: none */
};

/* A conversation between two machines of which one only consents. */
struct iotguard_plan_half {
	const char *opener, *other; /* "device:NAME", "host:NAME" */
	bool lacks_from; /* @other has no `from` rule; otherwise @opener has no `to` rule */
	const char *what; /* service and conditions; empty: any */
	const struct iotguard_plan_rule *rule; /* of the one that consents */
	const struct iotguard_plan_rule *denied; /* by this rule of the other one; NULL: by none */
	const char *line; /* the rule that the other one lacks; NULL: it cannot be said in one */
};

struct iotguard_plan_machine {
	const char *name;
	bool host;
	const char *state; /* "new", "gone", "changed", "same" */
	bool selected; /* one of those that were asked about */
	const char *segment, *profile; /* @profile NULL: none */
	const char *router; /* NULL: it has a MAC address of its own */
	int mode; /* so these are what they came to */
	bool trusted;
	bool dns_strict; /* it may ask its resolvers only for names that its rules allow */
	unsigned int flows;
	const char *infrastructure; /* what it may use without a rule, with commas */
	const struct iotguard_plan_rule *rules; /* in the order of judgement; none where it is gone */
	size_t n_rules;
	const struct iotguard_plan_change *changes;
	size_t n_changes;
	/* Positions of the first machines with the very same changes and state, and with all the same from @segment to
	 * @rules: its own where there is none. */
	size_t like, policy_like;
};

struct iotguard_plan_opts {
	size_t sz;
	const struct iotguard_policy *against; /* compare with this one; NULL: with the one in force */
	bool alone; /* compare with nothing */
	const char *const *names; /* of machines and groups: only these are looked at; NULL: all */
	size_t n_names;
	uint64_t now; /* seconds since the epoch: rules that have ended by then are no difference; 0: the clock's */
};

struct iotguard_plan_info {
	bool compared; /* false: with nothing, or nothing is enforced */
	bool enforced; /* a policy is in force; true as well where it was not asked for */
	bool different; /* it would change something; true where nothing is enforced */
	uint64_t generation; /* compared with; 0: with none that is in force */
	size_t machines; /* of them: with changes */
	size_t gains, losses, changes;
	size_t rewritten; /* machines whose rules have other words or another order, and come to the same */
	size_t halves, halves_left; /* conversations of which one side only consents; those beyond the limit of 10,000 */
};

struct iotguard_plan;

/*
 * [D] What a policy says of each machine, and what it would change for whom, by what is allowed and not by how it is
 * written. Touches nothing. What machines get beside what the inventory lists, and what the gateway's interfaces have, is
 * not looked at. @policy and opts->against have to outlive the plan. -ENODEV: there is no machine or group of one of the names;
 * -EPROTO; -errno of reading what is in force.
 */
IOTGUARD_API int iotguard_plan_make(struct iotguard *ig, const struct iotguard_policy *policy,
				    const struct iotguard_plan_opts *opts, struct iotguard_plan **out);
IOTGUARD_API void iotguard_plan_free(struct iotguard_plan *plan); /* NULL is fine */
IOTGUARD_API void iotguard_plan_describe(const struct iotguard_plan *plan, struct iotguard_plan_info *info);
/* Arrays are the plan's. Machines: in the order of the inventory, then those that are gone. */
IOTGUARD_API const struct iotguard_plan_machine *iotguard_plan_machines(const struct iotguard_plan *plan, size_t *count);
/* Of the gateway, of segments and groups. */
IOTGUARD_API const struct iotguard_plan_change *iotguard_plan_general(const struct iotguard_plan *plan, size_t *count);
IOTGUARD_API const struct iotguard_plan_half *iotguard_plan_halves(const struct iotguard_plan *plan, size_t *count);
IOTGUARD_API const char *iotguard_plan_effect_name(enum iotguard_plan_effect effect); /* NULL: no such */

/* -------------------------------------------------------------------------------------------------------- MUD files */

/*
 * What a manufacturer says its device needs (RFC 8520), and what that comes to in rules: see "MUD files" in
 * iotguard.inventory(5). Nothing here speaks to a network. Text of a file is as the file has it: escape it.
 */
struct iotguard_mud;

struct iotguard_mud_opts {
	size_t sz;
	const char *cache; /* where MUD files are kept; NULL: "mud" in the save_dir, else in IOTGUARD_SAVE_DIR */
	bool private_addresses; /* those that are written into the file are allowed */
	bool previous; /* of a URL: the file that was in use before */
};

/*
 * [D] Reads the file at a path, or, of a URL that begins with https://, the one in the cache. Mistakes and warnings are
 * diagnostics at the lines of the file. @opts may be NULL. -EINVAL: it is no MUD file; -ENOENT: it is not there;
 * -EPERM: the cache's is refused; -errno of reading. All have a diagnostic.
 */
IOTGUARD_API int iotguard_mud_load(struct iotguard *ig, const char *source, const struct iotguard_mud_opts *opts,
				   struct iotguard_mud **out);
IOTGUARD_API void iotguard_mud_free(struct iotguard_mud *mud); /* NULL is fine */

/* What it says of itself, NULL where it says nothing, and how many of its entries became what. */
struct iotguard_mud_info {
	const char *file; /* as diagnostics name it */
	const char *url;
	const char *last_update; /* as written */
	const char *systeminfo, *manufacturer, *model, *firmware, *software, *documentation;
	const char *signature; /* where it says that its signature is */
	bool supported;
	unsigned int cache_hours;
	const char *const *extensions;
	size_t n_extensions;
	char sha256[65]; /* of its bytes, in hexadecimal */
	bool cached; /* it is the one in use in the cache, so that the next ones are known */
	const char *signer, *issuer; /* of the certificate that it was verified with; NULL: it is not signed */
	uint64_t fetched_at, checked_at; /* when it came, and when the server last said that it is current */
	const char *accepted_why; /* why a person took it into use without a signature; NULL: nobody had to */
	size_t entries; /* of lists that a policy names; one of a list that both name counts twice */
	size_t became_rules, answers, infrastructure, nothing, closed; /* of them: see enum iotguard_mud_fate */
	size_t wider, addresses; /* of them: drops that deny more than they say; with an address written into them */
};
IOTGUARD_API void iotguard_mud_describe(const struct iotguard_mud *mud, struct iotguard_mud_info *info);

/* Where the maker says more of the device (RFC 9472). They are for people, and never fetched. */
struct iotguard_mud_link {
	const char *kind; /* "sbom", "sbom-local", "sbom-contact", "sbom-archive", "vuln", "vuln-contact" */
	const char *uri; /* of printable ASCII; "sbom-local": the scheme that the device itself is asked with */
	const char *version; /* of the software; NULL: not said */
};
IOTGUARD_API const struct iotguard_mud_link *iotguard_mud_links(const struct iotguard_mud *mud, size_t *count);

enum iotguard_mud_fate {
	IOTGUARD_MUD_RULES = 0, /* it became rules */
	IOTGUARD_MUD_ANSWERS = 1, /* it is about answers, which need no rule */
	IOTGUARD_MUD_INFRASTRUCTURE = 2, /* it is about what passes without a rule */
	IOTGUARD_MUD_NOTHING = 3, /* it contradicts itself, and matches nothing */
	IOTGUARD_MUD_CLOSED = 4, /* it would allow what cannot be said, or may not be: it allows nothing */
};

/* One sentence, and its parts for tables. */
struct iotguard_mud_rule {
	const char *text; /* "allow to api.vendor.example tcp/443 ipv4" */
	bool allows;
	const char *remote; /* "api.vendor.example" */
	const char *service; /* "tcp/443"; empty: any */
	const char *options; /* "ipv4"; empty: none */
};

struct iotguard_mud_ruling {
	const char *list, *entry; /* their names */
	unsigned int line; /* where the entry begins, from 1; 0: not known */
	bool from; /* of the to-device policy: what is opened to the device */
	enum iotguard_mud_fate fate;
	bool wider; /* a drop that denies more than it says */
	bool address; /* it has an address of another machine written into it */
	const char *why; /* of CLOSED, NOTHING and @wider; else NULL */
	const struct iotguard_mud_rule *rules;
	size_t n_rules;
};
/* In the order of judgement: those of the from-device policy first. The array is the file's, and so are those above. */
IOTGUARD_API const struct iotguard_mud_ruling *iotguard_mud_rulings(const struct iotguard_mud *mud, size_t *count);
IOTGUARD_API const char *iotguard_mud_fate_name(enum iotguard_mud_fate fate); /* NULL: no such */

/*
 * [D] What a device gains and loses whose MUD file was @old and is @now, by what is allowed, as a plan about one device.
 * Both files have to outlive it. Controllers, and devices of manufacturers and models, are held to be some that the
 * file does not name otherwise; resolvers and time servers are reached without a rule, as they are by default.
 */
IOTGUARD_API int iotguard_mud_compare(struct iotguard *ig, const struct iotguard_mud *old,
				      const struct iotguard_mud *now, struct iotguard_plan **out);

struct iotguard_mud_export_opts {
	size_t sz;
	const char *device; /* its name, or that of a host with "host:" in front */
	const char *url; /* where the file will be; NULL: that of the device's own MUD file */
	uint64_t now; /* its last-update, and which rules have ended; 0: the clock's */
};

struct iotguard_mud_export_result {
	size_t entries; /* of the file */
	size_t rules; /* of the policy */
	size_t left_out; /* of them: they cannot be said, and are not in the file */
	size_t narrowed; /* of them: the file allows less than they do */
};

/*
 * [D] The policy of a device as a MUD file: *@out is JSON, to be freed with iotguard_free(). What the format cannot say is
 * left out, with a warning each, so that the file never allows more than the policy does. @result may be NULL.
 * -ENODEV: no such device; -EINVAL: no URL, or none that a MUD file can have, or a trusted host; -EOPNOTSUPP: a deny cannot
 * be said and an allow stands behind it; -E2BIG: more entries than a file may have.
 */
IOTGUARD_API int iotguard_mud_export(struct iotguard *ig, const struct iotguard_inventory *inventory,
				     const struct iotguard_mud_export_opts *opts, char **out,
				     struct iotguard_mud_export_result *result);

/* ------------------------------------------------------------------------------------------------------------ apply */

/* A TCP connection to this machine, over which it is operated. */
struct iotguard_session {
	uint8_t client[16], server[16]; /* network order, IPv4 v4-mapped */
	uint16_t client_port, server_port; /* host order, 1 or more */
	uint32_t scope; /* of a link-local client: index of the interface; 0: none */
};

/* The SSH connection that this process runs in, by SSH_CONNECTION of its environment or, as sudo takes that away, of
 * that of a process it descends from. -ENOENT: there is none. */
IOTGUARD_API int iotguard_session_find(struct iotguard_session *out);

struct iotguard_apply_opts {
	size_t sz;
	bool require_native; /* generic XDP is an error */
	int lock_timeout_ms; /* how long to wait for another loader; 0: 10 s; negative: not at all */
	const struct iotguard_session *session; /* is not to be cut; NULL: none */
	bool force; /* it may be: a warning says so */
	bool again; /* only cover interfaces that appeared: nothing is done where nothing is in force, and no other
		       inventory is put in force; nothing is released */
	unsigned int confirm_seconds; /* it is on trial: unless iotguard_confirm() is called within so many seconds, the
					 kernel puts the policy before in force again, and the first time none; 0: it
					 stays. At most a day */
};

struct iotguard_apply_result {
	uint64_t generation; /* in force now; 0: nothing is (@again only) */
	bool changed; /* false: this very policy was in force already, or there was nothing to cover */
	bool attached; /* an interface was attached that was not guarded before, or released */
	bool first; /* nothing was enforced before */
	unsigned int interfaces; /* guarded now */
	/* addresses that machines had already, and that were not bound to them: leases of the DHCP server, and IPv6
	 * addresses of the gateway's neighbours */
	size_t leases, neighbours;
	unsigned int absent; /* named, and not there now */
	size_t restored; /* addresses that machines have again, of what was saved before a reboot */
	bool upgraded; /* the programs were of another build, and are this one's now */
	unsigned int confirm_seconds; /* it is on trial for so long; 0: it is not */
};

/*
 * [D] Attaches to the segments' interfaces and enforces @policy. Atomic: before it returns 0 every packet is judged by
 * the old policy, afterwards by the new one; after a failure (or kill -9 at any moment) the old one stands, whole.
 * @policy, its inventory and the handle may go as soon as it returns. @opts and @result may be NULL; @result is filled
 * in on success only. Where another loader is at work it waits.
 * -EPERM (a capability is missing; named), -EOPNOTSUPP (kernel too old or a feature missing; named),
 * -ENODEV (no interface of the inventory exists, and not because those in force went away; some that do not are
 * warnings),
 * -EBUSY (another XDP program, or another loader; both named),
 * -EPROTO (the pins are of an ABI that this version does not know), -EEXIST (an unguarded port of a guarded bridge),
 * -ESTALE (@again: an interface is open, and another inventory or version is in force),
 * -ECONNABORTED (it would cut the session), -EBUSY as well where another policy is on trial.
 */
IOTGUARD_API int iotguard_apply(struct iotguard *ig, const struct iotguard_policy *policy,
				const struct iotguard_apply_opts *opts, struct iotguard_apply_result *result);

/*
 * [D] Keeps the policy that is on trial. -ESRCH: none is, or its trial has just ended. Of @result, which may be NULL, only
 * the generation is told.
 */
IOTGUARD_API int iotguard_confirm(struct iotguard *ig, struct iotguard_apply_result *result);

/*
 * [D] Puts the policy before the one in force into its place again, whole and in one step, under a new generation: also
 * one that a rollback replaced. It ends a trial, after a first one with nothing in force (generation 0). Flows go on where
 * that policy allows them. -ESRCH: there is none to go back to; -ENODEV: an interface that it guards is not there any
 * more, or is another one; otherwise as iotguard_apply().
 */
IOTGUARD_API int iotguard_rollback(struct iotguard *ig, struct iotguard_apply_result *result);

struct iotguard_quarantine_opts {
	size_t sz;
	const char *device; /* device or host */
	uint64_t seconds; /* 0: until it is released */
	const struct iotguard_session *session; /* is not to be cut; NULL: none */
	bool force; /* it may be: a warning says so */
};

/*
 * [D] Puts a machine into quarantine, from its next packet on, whatever conversations it has: infrastructure, critical
 * rules and those of the gateway's management go on, all else is refused (docs/policy.md). The end lies in the kernel, no
 * process is needed. One that is in quarantine gets the new end. It is also saved at once, for a reboot. -ENOENT:
 * nothing is enforced; -ENODEV: no such machine; -ECONNABORTED: it is the client of the session; -EINVAL: no device, or
 * longer than ten years; -EIO: it is in quarantine, and that could not be saved.
 */
IOTGUARD_API int iotguard_quarantine(struct iotguard *ig, const struct iotguard_quarantine_opts *opts);
/* [D] Ends it. Returns 1; 0: it was in none. -ENOENT, -ENODEV; -EIO: it has ended, and that could not be saved. */
IOTGUARD_API int iotguard_release(struct iotguard *ig, const char *device);

/* [D] Takes the programs off one interface, or off all and removes every pin (@interface NULL): traffic passes
 * unfiltered. Returns the number of interfaces that were released. -ENOENT: nothing there; -EPERM: a capability is
 * missing; -EBUSY: another loader is at work, for ten seconds by now. */
IOTGUARD_API int iotguard_detach(struct iotguard *ig, const char *interface);

/* ------------------------------------------------------------------------------------------------------------- show */

/*
 * What is in force, read without stopping anything: counts of two functions need not be of the same moment. All of them
 * are [D]. -ENOENT: nothing is enforced, of which there is no diagnostic; -EACCES, -EPERM: the pins may not be read (root
 * may, and the group iotguard); -EPROTO: they are of another ABI, or damaged. Arrays are the caller's and live beyond
 * the handle: one iotguard_free() frees an array and the strings in it. Without rows, *count is 0 and *out is to be
 * freed as well; after a failure there is nothing to free.
 */
struct iotguard_status {
	uint64_t generation;
	uint64_t applied_at; /* seconds since the epoch */
	char inventory[256]; /* path as it was given */
	char sha256[65]; /* of it and what it includes, as of iotguard_inventory_info */
	unsigned int abi; /* of the maps */
	unsigned int devices;
	unsigned int hosts;
	unsigned int policies; /* distinct ones */
	unsigned int rules; /* entries in them */
	unsigned int segments;
	unsigned int monitoring; /* devices and hosts in monitor or learn mode */
	unsigned int ending; /* rules with `until`, as written */
	bool clock_right; /* the machine's clock was found right; else rules with `until` match nothing */
	unsigned int interfaces; /* guarded */
	unsigned int device_slots; /* how many machines there is room for */
	unsigned int flow_slots; /* how many flows, of each IP version */
	/* since the first policy: handed to the ring; repeats that made none; what found the ring full */
	uint64_t events_sent, events_suppressed, events_lost;
	uint64_t passed, dropped; /* packets; what monitor and learn mode let pass counts as passed */
	uint64_t map_bytes; /* kernel memory of all maps, as far as the kernel tells */
	bool open; /* programs are there, and nothing is in force: the first policy was on trial, and nobody confirmed it */
	uint64_t trial_seconds; /* how long what is in force is still on trial, rounded up; 0: it is not */
	uint32_t trial_uid; /* whose trial */
	unsigned int quarantined; /* devices and hosts in quarantine now */
	uint64_t safety_dropped; /* packets of critical rules that an automatic response refused: 0 */
	unsigned int names, pins; /* that machines resolved; addresses of these, that did not end */
	unsigned int name_places, pin_places; /* how many there is room for */
	uint64_t name_bytes; /* of map_bytes: for names, their addresses, and queries that wait */
	uint64_t flow_bytes; /* of map_bytes: for flows, with their places and counts */
};
IOTGUARD_API int iotguard_status(struct iotguard *ig, struct iotguard_status *status);

struct iotguard_interface_info {
	char name[16]; /* as the inventory names it */
	unsigned int ifindex; /* 0: the interface is gone, or nothing of ours is on it */
	const char *segment; /* the first one that names it; NULL: none any more */
	const char *xdp; /* "native", "generic", "offload" or "none" */
	const char *tc; /* "tcx", "clsact", "none" or "unknown" (this process may not look) */
	unsigned int xdp_id, tc_id; /* program ids */
	bool exists; /* false: there is no interface of that name now */
	bool current; /* false: it runs programs other than those in force; apply again */
	const char *renamed; /* what it is called now; NULL: still @name */
	const char *bridge; /* that it is a port of; NULL: of none */
	const char *beside; /* a port of the same bridge that nothing guards; NULL: none */
	bool port_isolated; /* the bridge keeps it and its other isolated ports apart */
	bool hairpin; /* the bridge sends frames back by the port they came from */
	const char *switch_id; /* of the switch chip that it is a port of, hexadecimal; NULL: of none that is known */
	/* What the driver does to frames, "on", "off" or "unknown": takes VLAN tags out of them, merges those received into
	 * larger ones, does so in the card by other rules, may handle traffic without the kernel. */
	const char *rxvlan, *lro, *gro_hw, *tc_offload;
	const char *flow_offload; /* by nftables: "none", "software", "hardware" (past us) or "unknown" */
	unsigned int heard; /* machines of the inventory that were heard behind it last */
	/* Can machines behind it talk to each other unseen? "isolated": no, as far as the inventory knows machines;
	 * "shared": yes; "unknown". With the reason as a sentence, and what to do, NULL where it is isolated. */
	const char *coverage, *coverage_reason, *coverage_advice;
};
IOTGUARD_API int iotguard_interfaces(struct iotguard *ig, struct iotguard_interface_info **out, size_t *count);

struct iotguard_device_info {
	uint32_t index; /* in the maps; of one MAC address it stays the same as long as it is in the policy */
	const char *name;
	bool host; /* a machine that is no thing */
	bool trusted; /* a host with `trust: true` */
	uint8_t mac[6]; /* zero where there is a router */
	const char *router; /* NULL: its frames carry a MAC address of its own */
	const char *segment;
	const char *profile; /* NULL: none */
	int environment, criticality, mode; /* enum iotguard_environment, _criticality, _mode */
	char interface[16]; /* where it last spoke; empty: not heard yet */
	const char **addresses; /* as text, n_addresses of them: listed ones, then those that it was seen to get */
	size_t n_addresses;
	unsigned int rules; /* of its policy, both directions */
	struct {
		uint64_t packets, bytes; /* bytes of frames */
	} from_passed, from_dropped, to_passed, to_dropped;
	uint64_t quarantine_until; /* seconds since the epoch; 0: it is in none; UINT64_MAX: until it is released */
};
IOTGUARD_API int iotguard_devices(struct iotguard *ig, struct iotguard_device_info **out, size_t *count);

/* An address that a machine was seen to get, beside those that the inventory lists. */
struct iotguard_lease_info {
	const char *device;
	bool host;
	const char *segment;
	uint8_t mac[6]; /* of its frames: a router's where it is behind one */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t address[16]; /* network order, IPv4 v4-mapped */
	const char *how; /* "lease": the DHCP server gave it; "claim": first come, first bound; "learnt": by a replay */
	uint64_t expires_at; /* seconds since the epoch; 0: never */
};
/* Of devices and hosts in force, machine by machine. */
IOTGUARD_API int iotguard_leases(struct iotguard *ig, struct iotguard_lease_info **out, size_t *count);

/* An address that a machine was told for a domain name by its resolver: what a rule by that name matches. */
struct iotguard_pin_info {
	const char *device;
	bool host;
	const char *name; /* as rules spell it. The machine chose it: escape it */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t address[16]; /* network order, IPv4 v4-mapped */
	const char *rule; /* the sentence of the first rule of the machine whose remote the name is, or fits; NULL: none */
	uint64_t expires_at; /* seconds since the epoch */
	uint64_t resolved_at; /* when the machine asked for the name last; likewise */
};
/* Of devices and hosts in force, machine by machine: those that did not end. @device NULL: of all. -ENODEV: no such
 * device. */
IOTGUARD_API int iotguard_pins(struct iotguard *ig, const char *device, struct iotguard_pin_info **out, size_t *count);

struct iotguard_flow_info {
	const char *device; /* NULL: of a device that is gone */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t proto; /* IP protocol number */
	uint8_t local[16], remote[16]; /* network order, IPv4 v4-mapped */
	uint16_t local_port, remote_port; /* host order; 0 where the protocol has none */
	const char *state; /* "opening", "established", "closing", "datagram" */
	const char *initiator; /* "device" or "remote" */
	const char *reason; /* token */
	const char *rule; /* sentence, NULL: none */
	const char *name; /* domain name by which that rule admitted it, as of iotguard_pin_info; NULL: by none, or it is
			     forgotten by now */
	bool critical; /* admitted by a `critical` rule */
	bool current; /* judged by the generation in force; false: it is judged again by its next packet */
	uint64_t packets, bytes; /* of both directions */
	uint64_t idle_ms; /* milliseconds since the last packet */
};
IOTGUARD_API int iotguard_flows(struct iotguard *ig, struct iotguard_flow_info **out, size_t *count);

struct iotguard_rule_info {
	const char *device; /* or host, whose rule it is */
	bool from; /* a `from` rule; `to` otherwise */
	const char *text; /* the sentence */
	const char *file;
	unsigned int line, column; /* from 1 */
};
/* The policy in force, device by device in the order of judgement. @device NULL: of all. -ENODEV: no such device. */
IOTGUARD_API int iotguard_rules(struct iotguard *ig, const char *device, struct iotguard_rule_info **out, size_t *count);

struct iotguard_reason_info {
	unsigned int reason; /* as iotguard_reason_token() takes it */
	struct {
		uint64_t packets, bytes;
	} from, to; /* from devices, to devices: passed or dropped, as the reason says */
	struct {
		uint64_t packets, bytes;
	} from_let_pass, to_let_pass; /* of a reason to drop, in monitor or learn mode */
};
/* Every reason there is, also those that nothing came to. */
IOTGUARD_API int iotguard_reasons(struct iotguard *ig, struct iotguard_reason_info **out, size_t *count);

/* What was done to the policy, and by whom. */
struct iotguard_change {
	uint64_t number; /* from 1; with gaps where older ones were forgotten */
	uint64_t time_us; /* since the epoch */
	const char *action; /* "apply", "confirm", "rollback", "expired" (a trial that nobody confirmed), "detach", "upgrade"
			       (other programs), "cover" (of interfaces that appeared), "quarantine" or "release" */
	uint64_t generation; /* in force afterwards */
	uint64_t before; /* and before */
	uint64_t until_us; /* end of the trial or quarantine, since the epoch; 0: none; UINT64_MAX: until it is released */
	uint32_t uid; /* of the person who logged in, where that is known, else of the process */
	const char *device; /* that was put into quarantine, or released; NULL: none, or its name is not known any more */
	char sha256[65]; /* of the inventory in force afterwards; empty: of none */
	char interface[16]; /* that was detached; empty: all */
	bool trial; /* it is in force until `until_us`, unless it is confirmed */
	bool forced; /* although it may cut off whoever did it */
	bool generic; /* an interface runs XDP in generic mode */
	bool first; /* nothing was in force before */
	bool open; /* nothing is in force afterwards: traffic passes unfiltered */
	bool monitors; /* of "apply", "upgrade" and "cover": some machines are in monitor or learn mode: what they are
			  refused passes */
};
/* The last 64, oldest first; until everything is detached, or a reboot. -ENOENT: nothing was ever put in force. */
IOTGUARD_API int iotguard_changes(struct iotguard *ig, struct iotguard_change **out, size_t *count);

/* ----------------------------------------------------------------------------------------------------------- doctor */

enum iotguard_health {
	IOTGUARD_HEALTH_OK = 0,
	IOTGUARD_HEALTH_NOTE = 1, /* good to know, or could not be seen */
	IOTGUARD_HEALTH_WARNING = 2,
	IOTGUARD_HEALTH_ERROR = 3, /* something is not guarded that should be, or cannot be */
};

struct iotguard_finding {
	enum iotguard_health health;
	const char *check; /* which kind of finding it is: one word, which stays */
	const char *about; /* an interface, segment or address; NULL: the gateway */
	const char *message; /* one sentence; text of strangers in it: escape it */
	const char *advice; /* what to type; NULL where all is well */
};

/*
 * Looks at the kernel, at this process's rights, at the interfaces, the network and the policy in force, and changes
 * nothing, the list of diagnostics included: what it has to say is the findings. Works where nothing is enforced, and without privilege: what could not be seen is a note. Fails for want of
 * memory alone.
 */
IOTGUARD_API int iotguard_doctor(struct iotguard *ig, struct iotguard_finding **out, size_t *count);
IOTGUARD_API const char *iotguard_health_name(enum iotguard_health health); /* "ok", "note" ...; NULL: no such */

IOTGUARD_API void iotguard_free(void *array); /* what the functions above returned; NULL is fine */

/* ----------------------------------------------------------------------------------------------------------- events */

#define IOTGUARD_EVENT_NAMES 4 /* of one remote that are told */
#define IOTGUARD_MUD_URL_SIZE 800

/* Strings of it live until the handler that got it returns. */
struct iotguard_event {
	uint64_t time_us; /* microseconds since the epoch */
	const char *type; /* "drop": dropped; "would-drop": monitor or learn mode let it pass; "new-flow": a device in learn
			     mode began a conversation, allowed or not; "new-device": a machine that is in no
			     inventory asks for an address; "name": a device asks its resolver for a name that no rule of
			     it allows; "mud-url": a machine says where its MUD file is; "policy": the policy was changed, or what is in force of it; "loss": records were
			     lost */
	uint64_t lost; /* "loss": how many since the last such event */
	const struct iotguard_change *change; /* "policy": what was done; of the rest of this struct only the time, the
						 generation and the device are told. NULL: another type */
	const char *device; /* NULL: unknown */
	int environment, criticality, mode; /* enum iotguard_environment, _criticality, _mode */
	const char *reason; /* token; of a "loss" NULL, and so is what follows */
	const char *sentence; /* the same in words */
	const char *rule; /* that decided; NULL: none; with rule_file and rule_line */
	const char *rule_file;
	unsigned int rule_line;
	bool from_device; /* false: to-device */
	char interface[16]; /* the guarded port; empty where a capture does not say */
	uint64_t generation; /* of the policy that judged */
	uint32_t repeats, suppressed; /* how often it was seen in a row, this time included; of these, untold since the last */
	uint32_t length; /* bytes of the frame on the wire */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t ethertype; /* behind the tags */
	uint16_t vlan[2]; /* numbers of the tags, the outer one first; 0: none */
	uint8_t ip_version, proto; /* 4 or 6, 0: no IP; IP protocol number */
	uint8_t src[16], dst[16]; /* network order, IPv4 v4-mapped; of ARP (ip_version is 0) its sender and target */
	uint16_t src_port, dst_port; /* host order; both 0 where there are none, as in a later fragment */
	uint8_t icmp_type, icmp_code;
	uint8_t tcp_flags, ttl; /* as they stand in the header: bit 0 is FIN; ttl is also the hop limit */
	bool passed; /* what became of the frame */
	/* "new-device": what its DHCP request says of it. Hostile, like all that comes from the network. */
	char vendor_class[256]; /* option 60; empty: not said */
	char hostname[256]; /* option 12; likewise */
	uint8_t params[255]; /* option 55: numbers of the options that it would like to have, in its order */
	uint8_t n_params;
	uint8_t requested[4]; /* option 50: an IPv4 address in network order; 0.0.0.0: none */
	/* "name": the domain name as rules spell it, with a '?' for what is in none; and the type of record that was asked
	 * for, as DNS numbers them: 1 A, 28 AAAA ... Hostile. */
	char asked[260];
	uint16_t asked_type;
	/* "mud-url": what it says, up to a space (RFC 8520, section 10). Nobody proves it, and a URL with a fault is as hostile
	 * as anything else. */
	char mud_url[IOTGUARD_MUD_URL_SIZE];
	const char *mud_source; /* "dhcp4", "dhcp6", "lldp" */
	const char *mud_fault; /* a word for why it is no MUD URL; NULL: it is one, and the next one has its owner */
	char mud_authority[256]; /* host, and port where that is not 443, in lower case */
	const char *mud_discovery; /* what `mud-discovery` is for that machine: "propose", "adopt", "off"; NULL: not known */
	const char *mud_listed; /* what the inventory has under `mud` for it; NULL: nothing */
	/* "drop", "would-drop", "new-flow": domain names of the remote, as the device was told them by its resolver, also those
	 * that ended a while ago. As hostile. */
	const char *names[IOTGUARD_EVENT_NAMES];
	size_t n_names;
};

struct iotguard_events_opts {
	size_t sz;
	bool ring; /* the kernel's ring itself, also where iotguardd listens */
	bool once; /* what there is now: iotguard_events_read() waits until iotguardd has told all that it kept */
	bool keep; /* records stay in the ring until iotguard_events_settle(), for whoever reads next after a crash */
};

/*
 * [D] Opens the events of the running gateway: from iotguardd where it listens, which keeps the latest ones and serves
 * many readers, else from the kernel's ring, where each is read once. @opts may be NULL. -ENOENT: nothing is enforced.
 * -EBUSY: somebody else reads the ring, or iotguardd has too many readers; -ETIMEDOUT: iotguardd does not answer;
 * -EPROTO: what listens there is no iotguardd; -EACCES, -EPERM, -EPROTO as above. The handle has to outlive it.
 */
IOTGUARD_API int iotguard_events_open_with(struct iotguard *ig, const struct iotguard_events_opts *opts,
					   struct iotguard_events **out);
IOTGUARD_API int iotguard_events_open(struct iotguard *ig, struct iotguard_events **out); /* without options */
IOTGUARD_API void iotguard_events_close(struct iotguard_events *events); /* NULL is fine */
/* The same from opening to closing, and not the caller's to read from. Readable: call iotguard_events_read(). */
IOTGUARD_API int iotguard_events_fd(const struct iotguard_events *events);
/* Hands every waiting event to @handler, which may not keep pointers nor close @events; a non-zero return of it stops and
 * is returned. Losses come as events of their own. Returns how many were handed over, 0 at once where none waits (but
 * for `once`). [D] When iotguardd ends it reads on from the ring, or fails: -EPIPE: nothing is enforced any more. */
IOTGUARD_API int iotguard_events_read(struct iotguard_events *events,
				      int (*handler)(const struct iotguard_event *event, void *context), void *context);
/* With `keep`: what was handed over so far has been passed on, but for @queued events that are in no memory but this
 * process's. If it ends now, the next reader of the ring is told that so many were lost. */
IOTGUARD_API void iotguard_events_settle(struct iotguard_events *events, uint64_t queued);

/* One line without a newline; escaped. Return as snprintf. */
IOTGUARD_API size_t iotguard_event_text(const struct iotguard_event *event, bool colour, char *buf, size_t size);
/* One JSON object without a newline, as docs/schema/event.schema.json says; @host: name of this gateway or NULL. */
IOTGUARD_API size_t iotguard_event_json(const struct iotguard_event *event, const char *host, char *buf, size_t size);
#define IOTGUARD_EVENT_TEXT_MAX 6144 /* long enough for either */

/* ---------------------------------------------------------------------------------------------------------- answers */

/*
 * [D] DNS answers that the programs cannot read (over TCP, and oversized ones) and hold back until somebody has: one
 * process, iotguardd where it runs. -ENOENT: nothing is enforced. -EBUSY: another process has them. -EACCES, -EPERM,
 * -EPROTO as above; a member of the group needs no capability. The handle has to outlive it.
 */
IOTGUARD_API int iotguard_answers_open(struct iotguard *ig, struct iotguard_answers **out);
IOTGUARD_API void iotguard_answers_close(struct iotguard_answers *answers); /* NULL is fine */
/* The same from opening to closing, and not the caller's to read from. Readable: call iotguard_answers_read(). */
IOTGUARD_API int iotguard_answers_fd(const struct iotguard_answers *answers);
/* [D] Reads what waits, pins the addresses in it, and lets it pass when it is sent again. Returns how many answers that
 * were; 0 at once where none waits. What cannot be read, or nobody asked for, stays held back, and is no error. It goes
 * along when a policy replaces the tables. */
IOTGUARD_API int iotguard_answers_read(struct iotguard_answers *answers);

/* ---------------------------------------------------------------------------------------------------------- explain */

/* A conversation that may be opened: `DEVICE (to|from) REMOTE SERVICE`, in the words of rules. */
struct iotguard_question {
	const char *device; /* name of a device or host, or device:NAME, host:NAME */
	bool from; /* the other side opens it; false: the device does */
	const char *remote; /* as in a rule, or the bare name of a machine; of what is several, an example is asked about, of
			       a group each member */
	const char *service; /* one: "tcp/443", "icmp/echo-request", ... */
};

struct iotguard_explain_opts {
	size_t sz;
	/* Asked instead of the policy in force. While it is looked for what would allow the conversation it is changed, and
	 * is as it was afterwards. NULL: the policy in force. */
	struct iotguard_inventory *inventory;
	const char *address; /* of the device; NULL: one that it has */
	uint16_t source_port; /* that it is opened from; 0: a high one */
	uint8_t dscp; /* of the packet that opens it */
	int lock_timeout_ms; /* how long to wait for a loader; 0: 10 s; negative: not at all */
};

/* What a machine's own policy says of it, at the port that the machine is behind. */
struct iotguard_explain_end {
	const char *device;
	bool host;
	bool from; /* its `from` rules are asked: the frame is on its way to it */
	const char *interface; /* NULL: ports are not looked at, since that of the machine is not there */
	bool passed;
	unsigned int reason;
	const char *token, *sentence; /* of the reason */
	int mode; /* monitor, learn: `passed` although the reason is one of dropping */
	const char *rule; /* the sentence that decided; NULL: none */
	const char *rule_file;
	unsigned int rule_line;
	/* Where the reason is one of dropping: what is the matter, where the reason does not say all; what to do, where that
	 * is no rule. NULL: none. */
	const char *cause, *advice;
	const char *remedy; /* the rule that would allow it; NULL: no rule would, or none was found */
	const char *remedy_where; /* "devices.NAME.rules" */
	const char *remedy_how; /* "before", "after" or "in place of" the rule at remedy_file and remedy_line; "in": there is
				   no rule yet, and that is where the machine begins */
	const char *remedy_file; /* NULL: not known */
	unsigned int remedy_line;
	bool remedy_tried; /* the programs were asked again with that rule, and let it pass; else the inventory in force is
			      not at hand */
};

struct iotguard_explain_name {
	const char *name; /* hostile: as the device asked for it */
	uint64_t until; /* seconds since the epoch */
};

struct iotguard_explanation {
	const char *device, *remote, *service; /* as they are asked about */
	bool host;
	bool from;
	uint8_t ip_version; /* 0: no IP */
	uint8_t source[16], destination[16]; /* network order, IPv4 v4-mapped */
	uint16_t source_port, destination_port; /* host order; 0 where the protocol has none */
	bool passed; /* at each end */
	uint64_t generation; /* of the policy in force; 0: of the inventory that was given */
	struct iotguard_explain_end ends[2]; /* the device's; behind it that of the remote, if that is a machine */
	size_t n_ends;
	const char *notes[4]; /* what else there is to know of it, a sentence each; NULL behind the last one */
	bool made_up; /* @remote is a domain name that the device has no address of: the other side's address is made up */
	struct iotguard_explain_name names[4]; /* domain names that the device was told the other side's address for */
	size_t n_names;
};

/*
 * [D] Asks the programs themselves: a private instance, with the addresses that machines have now and where they are, is
 * given the packet that would open the conversation. Nothing on the machine changes. The array is freed with
 * iotguard_free(). @opts may be NULL. -ENOENT: nothing is enforced, and no inventory was given; -ENODEV: no such machine;
 * -EINVAL: the question is none, or not one; -ENODATA: the remote has no address that is known; -EBUSY (a loader, named);
 * -EPERM, -EOPNOTSUPP as of iotguard_apply().
 */
IOTGUARD_API int iotguard_explain(struct iotguard *ig, const struct iotguard_question *question,
				  const struct iotguard_explain_opts *opts,
				  struct iotguard_explanation **out, size_t *count);
/* One JSON object without a newline, as docs/schema/explain.schema.json says. Returns as snprintf. */
IOTGUARD_API size_t iotguard_explanation_json(const struct iotguard_explanation *explanation, char *buf,
					      size_t size);

/* ----------------------------------------------------------------------------------------------------------- saving */

/*
 * [D] Saves what has to outlive a reboot, addresses that machines got, who is in quarantine, and what machines were told
 * of which names, in the handle's save_dir, where iotguard_apply() finds it when nothing is in force. The directory is made if it alone is missing. Whoever is killed
 * in the middle, or finds the disk full, leaves the old file; who saves while another one does waits, three seconds at
 * most. Nothing is written where nothing changed since it was saved last; that a claim lasts longer by less than an hour,
 * how much a quarantine has left was saved less than an hour ago, or a name has a new address and something was saved less
 * than ten minutes ago, is no change unless @exact. Returns 1: written; 0:
 * nothing changed, or there is no save_dir. -ENOENT: nothing is enforced, and what was saved stays; -EBUSY: another one
 * saves; -errno of writing otherwise. Needs no capability.
 */
IOTGUARD_API int iotguard_save(struct iotguard *ig, bool exact);

/* --------------------------------------------------------------------------------------------------------- MUD URLs */

/*
 * [D] Notes what an event "mud-url" tells, in the memory of the handle, together with what mud/discovered.json in its
 * save_dir has: that is read first, whenever it is not the file that was written last. Of other events, and where
 * `mud-discovery` is off, nothing is noted. 1: something is other than it was; 0: nothing is. -ENOSPC: there are 4096
 * machines already; -EINVAL: it is none that can be kept; -ENOMEM; -errno of reading.
 */
IOTGUARD_API int iotguard_mud_note(struct iotguard *ig, const struct iotguard_event *event);
/*
 * [D] Writes what was noted, if something is other than it was, or an hour after the last time if something was told again;
 * with @exact at once. The file is replaced in one step. 1: written; 0: there was nothing to write, or no save_dir;
 * -errno.
 */
IOTGUARD_API int iotguard_mud_save(struct iotguard *ig, bool exact);

struct iotguard_mud_url_info {
	const char *device; /* NULL: a machine that no inventory knows */
	uint8_t mac[6];
	const char *source; /* "dhcp4", "dhcp6", "lldp" */
	const char *url; /* the latest one from there. ASCII; with a fault as hostile as anything */
	const char *fault; /* why it is no MUD URL, in a word; NULL: it is one */
	const char *state; /* "proposed": for a person to look at; "adopted": it is the one in force; "conflict": it waits for a
			      person, for it has another owner than the one in force, or the device contradicts itself;
			      "invalid": it is none */
	const char *adopted; /* the one that was adopted for this device; NULL: none */
	uint64_t first_seen, last_seen; /* seconds since the epoch */
};
/* [D] Of all machines, as the file has them. -errno of reading it. */
IOTGUARD_API int iotguard_mud_urls(struct iotguard *ig, struct iotguard_mud_url_info **out, size_t *count);

/* -------------------------------------------------------------------------------------------------- private instances */

/*
 * The very same programs with maps of their own, which judge frames that are handed in: for replay, explain and tests.
 * Nothing on the machine is touched, but the kernel runs it: the loader's capabilities are needed.
 */
struct iotguard_instance_opts {
	size_t sz;
	bool learn_bindings; /* a device's first addresses are bound to it as it uses them */
};

struct iotguard_verdict {
	bool passed;
	unsigned int reason; /* as iotguard_reason_token() takes it */
	int mode; /* monitor, learn: `passed` although the reason is one of dropping */
	const char *device; /* NULL: unknown */
	const char *rule; /* sentence; NULL: none */
	const char *rule_file;
	unsigned int rule_line; /* from 1; 0: no rule */
};

enum iotguard_side {
	IOTGUARD_IGNORED = 0, /* neither end is in the inventory */
	IOTGUARD_FROM_DEVICE = 1,
	IOTGUARD_TO_DEVICE = 2,
	IOTGUARD_BOTH = 3,
};

/* [D] @opts may be NULL. @policy may go when it returns; the handle has to outlive the instance. -EPERM, -EOPNOTSUPP and
 * -errno of the kernel. */
IOTGUARD_API int iotguard_instance_open(struct iotguard *ig, const struct iotguard_policy *policy,
					const struct iotguard_instance_opts *opts, struct iotguard_instance **out);
IOTGUARD_API void iotguard_instance_close(struct iotguard_instance *instance); /* NULL is fine */

/* Which programs a frame of a capture goes through, by its MAC addresses. */
IOTGUARD_API enum iotguard_side iotguard_instance_side(const struct iotguard_instance *instance, const void *frame,
						       size_t captured);
/*
 * Judges one frame on one side (not IGNORED, not BOTH). @captured bytes of it are at @frame, it had @length on the wire
 * (>= captured). @time_ns: the capture's clock, nanoseconds since the epoch; it should not run backwards, and is held if
 * it does. Strings of @verdict live as long as the instance. -EINVAL: no such side, or more captured than there was;
 * -errno of the kernel.
 */
IOTGUARD_API int iotguard_instance_judge(struct iotguard_instance *instance, enum iotguard_side side, const void *frame,
					 size_t captured, size_t length, uint64_t time_ns,
					 struct iotguard_verdict *verdict);
/* As iotguard_events_read(), for the events that judging made; beyond 1 MiB of them the latest are lost. */
IOTGUARD_API int iotguard_instance_events(struct iotguard_instance *instance,
					  int (*handler)(const struct iotguard_event *event, void *context),
					  void *context);

#ifdef __cplusplus
}
#endif
