#include "probe/kafka/kafkatalk.h"

#include <string.h>

#include "base/number.h"

void kafkatalk_add_text(struct buf *out, const char *text)
{
	number_add(out, (uint32_t)strlen(text), 2);
	buf_add_text(out, text);
}

void kafkatalk_add(struct buf *out, unsigned number, uint32_t key, uint32_t version, struct buf *body)
{
	struct buf header = {0};

	number_add(&header, key, 2);
	number_add(&header, version, 2);
	number_add(&header, number, 4);
	kafkatalk_add_text(&header, "waitfor");
	number_add(out, (uint32_t)(header.len + body->len), 4);
	buf_add(out, header.data, header.len);
	if (body->len)
		buf_add(out, body->data, body->len);
	buf_release(&header);
	buf_release(body);
}

void kafkatalk_ask(struct kafkatalk *talk, uint32_t key, uint32_t version, struct buf *body)
{
	if (talk->number == talk->heard->turn)
		kafkatalk_add(talk->out, talk->number + 1, key, version, body);
	buf_release(body);
}

void kafkatalk_skip(struct kafkatalk_reply *reply, size_t len)
{
	reply->broken |= len > reply->left;
	if (reply->broken)
		len = reply->left;
	reply->at += len;
	reply->left -= len;
}

int32_t kafkatalk_read(struct kafkatalk_reply *reply, size_t bytes)
{
	const char *at = reply->at;
	unsigned above = 8 * (4 - (unsigned)bytes);

	kafkatalk_skip(reply, bytes);
	return reply->broken ? 0 : (int32_t)(number_read(at, bytes) << above) >> above;
}

int32_t kafkatalk_count(struct kafkatalk_reply *reply, size_t size)
{
	int32_t count = kafkatalk_read(reply, 4);

	reply->broken |= count < 0 || (size_t)count > reply->left / size;
	return reply->broken ? 0 : count;
}

const char *kafkatalk_text(struct kafkatalk_reply *reply, size_t length_bytes, size_t *len)
{
	int32_t length = kafkatalk_read(reply, length_bytes);
	const char *text = reply->at;

	reply->broken |= length < -1;
	kafkatalk_skip(reply, length > 0 ? (size_t)length : 0);
	*len = reply->broken || length < 0 ? 0 : (size_t)length;
	return text;
}

struct outcome kafkatalk_garbled(void)
{
	return outcome_make(OUTCOME_GARBLED, "it is no reply of Kafka, or a very long one");
}

/* A reply is its length, the number of the request, and what that asked for. */
bool kafkatalk_take(struct kafkatalk *talk)
{
	size_t heard = talk->heard->len - talk->taken;
	int32_t size = 4, number = (int32_t)++talk->number;

	talk->reply = (struct kafkatalk_reply){.at = talk->heard->data + talk->taken, .left = heard};
	if (heard >= 4)
		size = kafkatalk_read(&talk->reply, 4);
	if (heard >= 8)
		number = kafkatalk_read(&talk->reply, 4);
	if (size < 4 || size > DIALOG_HEARD_MAX - 4 || number != (int32_t)talk->number) {
		*talk->outcome = kafkatalk_garbled();
		return false;
	}
	if (heard < 8 || talk->reply.left < (size_t)size - 4)
		return false;
	talk->reply.left = (size_t)size - 4;
	talk->taken += 4 + (size_t)size;
	return true;
}
