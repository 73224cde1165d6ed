/* SPDX-License-Identifier: BSD-2-Clause */
/* The file as text: reading it, its lines and columns, and where a part of a value stands in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "util.h"
#include "yaml_internal.h"

struct ig_yaml_chunk {
	struct ig_yaml_chunk *next;
	size_t used;
	size_t size;
	_Alignas(16) char data[];
};

#define CHUNK_SIZE (256u << 10)

void *ig_yaml_alloc(struct ig_yaml *doc, size_t size)
{
	struct ig_yaml_chunk *chunk = doc->chunks;
	void *piece;

	size = (size + 7) & ~(size_t)7;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t wanted = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = malloc(sizeof(*chunk) + wanted);
		if (!chunk)
			return NULL;
		chunk->next = doc->chunks;
		chunk->used = 0;
		chunk->size = wanted;
		doc->chunks = chunk;
	}
	piece = chunk->data + chunk->used;
	chunk->used += size;
	return piece;
}

static void yaml_free(struct ig_yaml *doc)
{
	while (doc->chunks) {
		struct ig_yaml_chunk *chunk = doc->chunks;

		doc->chunks = chunk->next;
		free(chunk);
	}
	free(doc->marks);
	free(doc->bytes);
	free(doc);
}

void ig_yaml_set_clear(struct ig_yaml_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		yaml_free(set->docs[i]);
	free(set->docs);
	*set = (struct ig_yaml_set){.diags = set->diags};
}

struct ig_loc ig_yaml_loc(const struct ig_yaml *doc, size_t offset)
{
	struct ig_yaml_mark mark = doc->marks[offset / IG_YAML_MARK_EVERY];
	size_t at = offset - offset % IG_YAML_MARK_EVERY;

	for (const char *newline; (newline = memchr(doc->bytes + at, '\n', offset - at));
	     at = mark.start) {
		mark.line++;
		mark.start = (uint32_t)(newline - doc->bytes) + 1;
	}
	return (struct ig_loc){doc->name, mark.line + 1, (unsigned int)(offset - mark.start) + 1};
}

struct ig_loc ig_node_loc(const struct ig_yaml_set *set, const struct ig_node *node)
{
	return ig_yaml_loc(set->docs[node->doc], node->offset);
}

static bool white(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/*
 * Follows source and value side by side: equal bytes go together, folded lines and indentation are
 * stepped over. False where they part (an escape, say): nobody is told a column that may be wrong.
 */
static bool follow(const char *source, const char *end, const char *text, size_t offset,
		   const char **found)
{
	const char *target = text + offset;

	while (text < target || (*text && source < end && white(*source) && !white(*text))) {
		if (source == end)
			return false;
		if (*source == *text && text < target) {
			source++;
			text++;
		} else if (white(*source)) {
			while (source < end && white(*source))
				source++;
			while (text < target && white(*text))
				text++;
		} else {
			return false;
		}
	}
	*found = source;
	return true;
}

struct ig_loc ig_node_loc_at(const struct ig_yaml_set *set, const struct ig_node *node,
			     size_t offset)
{
	const struct ig_node *value = ig_node_value(node);
	const struct ig_yaml *doc = set->docs[value->doc];
	const char *found;

	if (value->type == IG_NODE_SCALAR && offset <= value->count &&
	    follow(doc->bytes + value->offset, doc->bytes + doc->size, value->text, offset, &found))
		return ig_yaml_loc(doc, (size_t)(found - doc->bytes));
	return ig_yaml_loc(doc, value->offset);
}

static int file_error(struct ig_yaml_set *set, const char *path, const struct ig_loc *from, int r,
		      const char *message)
{
	struct ig_loc whole = {.file = path};
	const char *hint = r == -EACCES || r == -EPERM ? "run it as a user who may read the file"
			   : r == -ENOENT	       ? "check the path"
			   : r == -EINVAL ? "to read from a pipe, name the file `-` and pipe it in"
					  : NULL;

	if (from)
		ig_error(set->diags, from, hint, "cannot read `%s`: %s", path,
			 message ? message : strerror(-r));
	else
		ig_error(set->diags, &whole, hint, "cannot read it: %s",
			 message ? message : strerror(-r));
	return r;
}

static int open_file(struct ig_yaml_set *set, const char *path, const struct ig_loc *from,
		     struct ig_file_id *id, int *out)
{
	bool standard = !strcmp(path, "-");
	_close_ int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				  : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return file_error(set, path, from, -errno, NULL);
	if (S_ISDIR(st.st_mode))
		return file_error(set, path, from, -EISDIR,
				  "it is a directory, and an inventory is a file");
	if (!standard && !S_ISREG(st.st_mode))
		return file_error(set, path, from, -EINVAL, "it is no regular file");
	*id = (struct ig_file_id){st.st_dev, st.st_ino};
	*out = take_fd(fd);
	return 0;
}

/* The size that fstat told is not believed: files grow, and those of /proc have none. */
static int read_all(int fd, size_t most, char **bytes, size_t *size)
{
	_free_ char *buf = NULL;
	size_t used = 0, capacity = 0;

	for (;;) {
		ssize_t n;

		if (used + 1 >= capacity) {
			char *larger;

			capacity = capacity ? capacity * 2 : 65536;
			larger = realloc(buf, capacity);
			if (!larger)
				return -ENOMEM;
			buf = larger;
		}
		n = read(fd, buf + used, capacity - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
		if (used > most)
			return -EFBIG;
	}
	buf[used] = '\0';
	*size = used;
	*bytes = take_ptr(buf);
	return 0;
}

/* A file that grows, and a pipe, have no size that could be told. */
static int too_large(struct ig_yaml_set *set, const char *path, const struct ig_loc *from, int fd)
{
	char message[160];
	struct stat st;
	size_t all;

	if (fstat(fd, &st) || (size_t)st.st_size + set->bytes <= IG_YAML_BYTES_MAX)
		return file_error(set, path, from, -EFBIG,
				  "an inventory, with all that it includes, has at most 64 MiB");
	all = (size_t)st.st_size + set->bytes;
	snprintf(message, sizeof(message),
		 "with it the inventory has %zu bytes: %zu more than the limit of 64 MiB", all,
		 all - IG_YAML_BYTES_MAX);
	return file_error(set, path, from, -EFBIG, message);
}

int ig_yaml_read_file(struct ig_yaml_set *set, const char *path, const struct ig_loc *from,
		      char **bytes, size_t *size, struct ig_file_id *id)
{
	_close_ int fd = -1;
	int r = open_file(set, path, from, id, &fd);

	if (r)
		return r;
	r = read_all(fd, IG_YAML_BYTES_MAX - set->bytes, bytes, size);
	if (r == -EFBIG)
		return too_large(set, path, from, fd);
	if (r)
		return file_error(set, path, from, r, NULL);
	set->bytes += *size;
	return 0;
}
