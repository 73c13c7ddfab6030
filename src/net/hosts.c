#include "net/hosts.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "system/stamp.h"
#include "system/textfile.h"

/* More than this of the file is not read. Every position in it fits into 32 bits. */
enum { HOSTS_SIZE_MAX = 256 << 20 };

/* One name in one line. Positions are offsets in the text; next is an index in entries plus 1, and 0 ends the list. */
struct hosts_entry {
	uint32_t name, name_len, line, next;
};

/* The list of the entries whose names have the same hash: indexes plus 1, 0: empty. */
struct hosts_bucket {
	uint32_t first, last;
};

struct hosts {
	char *path;
	struct stamp seen;
	char *text; /* NULL: not read yet */
	struct hosts_entry *entries;
	uint32_t count;
	struct hosts_bucket *buckets;
	uint32_t bucket_mask; /* their number, a power of two, minus 1 */
};

struct hosts_slice {
	const char *data;
	size_t len;
};

struct hosts *hosts_new(const char *path)
{
	struct hosts *hosts = alloc_zero(1, sizeof(*hosts));

	hosts->path = alloc_text(path);
	return hosts;
}

static void hosts_forget(struct hosts *hosts)
{
	free(hosts->text);
	free(hosts->entries);
	free(hosts->buckets);
	hosts->text = NULL;
	hosts->entries = NULL;
	hosts->buckets = NULL;
	hosts->count = 0;
}

void hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	hosts_forget(hosts);
	free(hosts->path);
	free(hosts);
}

/* FNV-1a of the lower-case letters */
static uint32_t hosts_hash(struct hosts_slice name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint32_t)tolower((unsigned char)name.data[i])) * UINT32_C(16777619);
	return hash;
}

/* Takes the next word of the line that ends at `end`, and moves *at behind it. A comment ends the line. len 0: no more */
static struct hosts_slice hosts_word(const char **at, const char *end)
{
	struct hosts_slice word = {.data = *at};

	while (word.data < end && isspace((unsigned char)*word.data))
		word.data++;
	*at = word.data;
	while (*at < end && !isspace((unsigned char)**at) && **at != '#')
		(*at)++;
	word.len = (size_t)(*at - word.data);
	return word;
}

static const char *hosts_line_end(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	return newline ? newline : end;
}

/* Adds an entry behind those with the same hash, so that the order of the file is kept. */
static void hosts_add(struct hosts *hosts, const char *line, struct hosts_slice name)
{
	struct hosts_bucket *bucket = &hosts->buckets[hosts_hash(name) & hosts->bucket_mask];
	struct hosts_entry *entry = &hosts->entries[hosts->count++];

	*entry = (struct hosts_entry){.name = (uint32_t)(name.data - hosts->text),
				      .name_len = (uint32_t)name.len,
				      .line = (uint32_t)(line - hosts->text)};
	if (bucket->last)
		hosts->entries[bucket->last - 1].next = hosts->count;
	else
		bucket->first = hosts->count;
	bucket->last = hosts->count;
}

/* Calls hosts_add for each name of the text, or, without an index yet, only counts the names. */
static uint32_t hosts_scan(struct hosts *hosts, const char *end)
{
	uint32_t count = 0;

	for (const char *line = hosts->text; line < end; line = hosts_line_end(line, end) + 1) {
		const char *at = line, *line_end = hosts_line_end(line, end);
		struct hosts_slice name;

		if (!hosts_word(&at, line_end).len)
			continue;
		while ((name = hosts_word(&at, line_end)).len) {
			count++;
			if (hosts->buckets)
				hosts_add(hosts, line, name);
		}
	}
	return count;
}

/* A look-up costs the same however long the file is: block lists have a million lines. */
static void hosts_index(struct hosts *hosts, const char *end)
{
	uint32_t count = hosts_scan(hosts, end), buckets = 16;

	while (buckets < count)
		buckets *= 2;
	hosts->entries = alloc_zero(count ? count : 1, sizeof(*hosts->entries));
	hosts->buckets = alloc_zero(buckets, sizeof(*hosts->buckets));
	hosts->bucket_mask = buckets - 1;
	hosts_scan(hosts, end);
}

bool hosts_is_stale(const struct hosts *hosts)
{
	return !hosts->text || stamp_has_changed(&hosts->seen, hosts->path);
}

static void hosts_refresh(struct hosts *hosts)
{
	struct stamp seen;
	size_t len = 0;
	char *text;

	if (!hosts_is_stale(hosts))
		return;
	/* The stamp comes first: a change in between is then noticed, at worst twice. */
	stamp_take(&seen, hosts->path);
	text = textfile_read(hosts->path, HOSTS_SIZE_MAX, &len);
	if (!text && hosts->text && seen.inode)
		return; /* it is there and cannot be read now: out of descriptors, for one */
	hosts_forget(hosts);
	hosts->seen = seen;
	hosts->text = text ? text : alloc_text("");
	hosts_index(hosts, hosts->text + len);
}

/* Adds the address at the beginning of the line. */
static void hosts_take_address(const struct hosts *hosts, uint32_t line, struct address_list *found)
{
	const char *at = hosts->text + line;
	struct hosts_slice word = hosts_word(&at, at + strcspn(at, "\n"));
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	if (word.len >= sizeof(text) || word.data[0] == '/')
		return;
	memcpy(text, word.data, word.len);
	text[word.len] = '\0';
	if (address_of_host(&address, text, 0))
		address_list_add(found, &address);
}

void hosts_find(struct hosts *hosts, const char *name, struct address_list *found)
{
	struct hosts_slice wanted = {name, strlen(name)};
	uint32_t at;

	hosts_refresh(hosts);
	at = hosts->buckets[hosts_hash(wanted) & hosts->bucket_mask].first;
	while (at) {
		const struct hosts_entry *entry = &hosts->entries[at - 1];

		if (entry->name_len == wanted.len && strncasecmp(hosts->text + entry->name, name, wanted.len) == 0)
			hosts_take_address(hosts, entry->line, found);
		at = entry->next;
	}
}
