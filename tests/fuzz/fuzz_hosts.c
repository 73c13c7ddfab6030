/*
 * /etc/hosts. The input is a name and the file. A line of ours behind it, or a comment before it, changes nothing
 * else.
 * Covers: src/net/hosts.c src/net/address.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "net/hosts.h"

static struct address_list find(const char *before, const struct fuzz *file, const char *behind, const char *name)
{
	struct address_list found = {0};
	struct buf text = {0};
	struct hosts *hosts;

	buf_add_text(&text, before);
	buf_add(&text, file->at, file->left);
	buf_add_text(&text, behind);
	hosts = hosts_new(fuzz_file(text.data ? text.data : "", text.len));
	hosts_find(hosts, name, &found);
	hosts_free(hosts);
	buf_release(&text);
	return found;
}

static void check_same(const struct address_list *a, const struct address_list *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fuzz_check(address_is_equal(&a->entries[i], &b->entries[i]), NULL);
}

void fuzz_one(struct fuzz *in)
{
	char *line = fuzz_line(in), *name = line ? line : alloc_text(""), *ours;
	struct address_list found, again, more;
	struct address address;
	bool is_word = *name && !name[strcspn(name, " \t\r\v\f#")];

	address_of_host(&address, "192.0.2.77", 0);
	ours = alloc_format("\n192.0.2.77 %s\n", name);
	found = find("", in, "", name);
	again = find("# a comment 192.0.2.1 x\n\n", in, "\n", name);
	more = find("", in, ours, name);
	fuzz_check(found.count <= ADDRESS_LIST_MAX && again.count == found.count, name);
	check_same(&found, &again, found.count);
	if (is_word && found.count < ADDRESS_LIST_MAX)
		fuzz_check(more.count == found.count + !address_list_has(&found, &address), name);
	check_same(&found, &more, found.count);
	for (size_t i = 0; i < found.count; i++)
		fuzz_check(address_port(&found.entries[i]) == 0, name);
	address_list_release(&found);
	address_list_release(&again);
	address_list_release(&more);
	free(ours);
	free(name);
}
