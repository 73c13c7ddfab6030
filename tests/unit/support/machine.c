#include "machine.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/scheme.h"
#include "unit.h"

static const char *const machine_urls[MACHINE_TARGETS] = {"tcp://db:5432", "tcp://web:80", "tcp://mq:5672"};
static const struct endpoint machine_endpoint = {.host = (char *)"db", .port = 5432};

void machine_open(struct machine *machine, struct sink *sink, size_t count, bool down)
{
	int64_t now = clock_now();

	*machine = (struct machine){.sink = sink};
	for (size_t i = 0; i < count; i++) {
		machine->targets[i] = (struct target){.text = (char *)machine_urls[i], .scheme = scheme_at(0)};
		progress_init(&machine->list[i], &machine->targets[i], now);
	}
	machine->targets[0].name = (char *)"DB";
	machine->view = (struct sinks_view){
		.list = machine->list, .count = count, .started = now, .timeout = 60 * CLOCK_S, .down = down};
	sink->begin(sink, &machine->view, NULL);
}

void machine_close(struct machine *machine)
{
	machine->sink->free(machine->sink);
}

static bool machine_record(struct machine *machine, size_t index, enum outcome_kind kind, const char *detail,
			   const char *address)
{
	struct outcome outcome = outcome_make(kind, "%s", detail);
	struct place place = place_of(&machine_endpoint);

	snprintf(place.address, sizeof(place.address), "%s", address);
	return progress_record(&machine->list[index], &outcome, &place, clock_now());
}

void machine_attempt(struct machine *machine, size_t index, enum outcome_kind kind, const char *detail,
		     const char *address)
{
	bool changed = machine_record(machine, index, kind, detail, address);

	if (machine->sink->attempted)
		machine->sink->attempted(machine->sink, &machine->list[index], changed);
}

void machine_done(struct machine *machine, size_t index, enum outcome_kind kind, int64_t took)
{
	machine_record(machine, index, kind, "", "10.0.0.2");
	progress_end(&machine->list[index], PROGRESS_DONE, machine->view.started + took);
	if (machine->sink->done)
		machine->sink->done(machine->sink, &machine->list[index]);
}

void machine_end(struct machine *machine, enum verdict verdict, int signal)
{
	machine->view.ended = clock_now();
	machine->sink->end(machine->sink, verdict, signal);
}

const char *machine_text(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

long long machine_number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? (long long)item->valuedouble : -1;
}

bool machine_is_null(const cJSON *object, const char *key)
{
	return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, key));
}

cJSON *machine_schema(void)
{
	static char text[1 << 16];
	int fd = open("docs/events.schema.json", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof(text) - 1);
	cJSON *schema;

	assert_true(len > 0);
	close(fd);
	text[len] = '\0';
	schema = cJSON_Parse(text);
	assert_non_null(schema);
	return schema;
}

const cJSON *machine_schema_values(const cJSON *schema, const char *definition)
{
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(schema, "$defs"), definition),
		"enum");

	check(definition, cJSON_IsArray(found));
	return found;
}
