#include "probe/mongodb/mongotalk.h"

#include <string.h>

#include "base/number.h"
#include "probe/mongodb/bson.h"

/*
 * A header has four numbers of four bytes: the length of all, our number, the number that is answered, and the kind. Flags
 * and the kind of the first section follow.
 */
enum { MONGOTALK_HEADER = 16, MONGOTALK_HEAD = MONGOTALK_HEADER + 4 + 1, MONGOTALK_OP_MSG = 2013 };

void mongotalk_add(struct buf *out, unsigned number, struct buf *document)
{
	number_add_low(out, (uint32_t)(MONGOTALK_HEAD + document->len), 4);
	number_add_low(out, number, 4);
	number_add_low(out, 0, 4);
	number_add_low(out, MONGOTALK_OP_MSG, 4);
	number_add_low(out, 0, 4);
	number_add_low(out, 0, 1);
	buf_add(out, document->data, document->len);
	buf_release(document);
}

void mongotalk_ask(struct mongotalk *talk, struct buf *document)
{
	if (talk->number == talk->heard->turn)
		mongotalk_add(talk->out, talk->number + 1, document);
	buf_release(document);
}

bool mongotalk_is(const struct mongotalk_text *text, const char *word)
{
	return text->data && text->len == strlen(word) && memcmp(text->data, word, text->len) == 0;
}

/* Is the word among the texts of this list? */
static bool mongotalk_lists(const struct bson_item *item, const char *word)
{
	struct mongotalk_text text;
	struct bson_item each;
	struct bson list;
	bool found = false;

	if (!bson_open_list(&list, item))
		return false;
	while (bson_next(&list, &each)) {
		text.data = bson_text(&each, &text.len);
		found |= mongotalk_is(&text, word);
	}
	return found;
}

static void mongotalk_note(struct mongotalk_reply *reply, const struct bson_item *item)
{
	const struct {
		const char *name;
		bool *truth;
		struct mongotalk_text *text;
	} fields[] = {
		{"ok", &reply->ok, NULL},
		{"isWritablePrimary", &reply->writable, NULL},
		{"ismaster", &reply->writable, NULL}, /* the answer to isMaster */
		{"secondary", &reply->secondary, NULL},
		{"arbiterOnly", &reply->arbiter, NULL},
		{"done", &reply->done, NULL},
		{"setName", NULL, &reply->set},
		{"info", NULL, &reply->info},
		{"errmsg", NULL, &reply->error},
		{"codeName", NULL, &reply->code},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, item->name) != 0)
			continue;
		if (fields[i].truth)
			*fields[i].truth = bson_is_true(item);
		else
			fields[i].text->data = bson_text(item, &fields[i].text->len);
	}
	if (strcmp(item->name, "saslSupportedMechs") == 0)
		reply->has_sha256 = mongotalk_lists(item, "SCRAM-SHA-256");
	if (strcmp(item->name, "payload") == 0)
		reply->payload.data = bson_bytes(item, &reply->payload.len);
	if (strcmp(item->name, "conversationId") == 0 && item->len == 4)
		reply->conversation = bson_int32(item->value);
}

/* Reads the document of len bytes. Returns false if it is none. */
static bool mongotalk_read(struct mongotalk_reply *reply, const char *data, size_t len)
{
	struct bson doc;
	struct bson_item item;

	*reply = (struct mongotalk_reply){0};
	bson_open(&doc, data, len);
	while (bson_next(&doc, &item))
		mongotalk_note(reply, &item);
	return !bson_is_broken(&doc);
}

/* May the beginning of what was heard be the header of the answer to that question? */
static bool mongotalk_begins(const char *data, size_t len, unsigned number)
{
	int32_t whole = len >= 4 ? bson_int32(data) : MONGOTALK_HEAD;

	return whole >= MONGOTALK_HEAD && whole <= DIALOG_HEARD_MAX &&
	       (len < 12 || bson_int32(data + 8) == (int32_t)number) &&
	       (len < 16 || bson_int32(data + 12) == MONGOTALK_OP_MSG);
}

bool mongotalk_take(struct mongotalk *talk)
{
	const char *data = talk->heard->data + talk->taken;
	size_t len = talk->heard->len - talk->taken, whole;

	talk->number++;
	if (!mongotalk_begins(data, len, talk->number)) {
		*talk->outcome = outcome_make(OUTCOME_GARBLED, "it is no reply of MongoDB");
		return false;
	}
	if (len < 4 || len < (whole = (size_t)bson_int32(data)))
		return false;
	if (data[MONGOTALK_HEAD - 1] != 0 ||
	    !mongotalk_read(&talk->reply, data + MONGOTALK_HEAD, whole - MONGOTALK_HEAD)) {
		*talk->outcome = outcome_make(OUTCOME_GARBLED, "its reply is not BSON");
		return false;
	}
	talk->taken += whole;
	return true;
}
