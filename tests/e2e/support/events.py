"""What waitfor says to machines, held against its schema."""

import functools
import json

import jsonschema

from support.runner import REPOSITORY

SCHEMA = json.loads((REPOSITORY / "docs" / "events.schema.json").read_text(encoding="ascii"))
PIPE_BUF = 4096


@functools.lru_cache(maxsize=None)
def validator(definition):
    return jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{definition}"}]})


def is_valid(value, definition):
    return validator(definition).is_valid(value)


def check(value, definition):
    # Its own definition first: an error of "event" only says that none of all fits.
    validator(definition).validate(value)
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


def no_doubles(pairs):
    """json.loads would take the last of two members of one name."""
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def parse_event(line):
    event = json.loads(line, object_pairs_hook=no_doubles)
    check(event, event["event"] if event["event"] in SCHEMA["$defs"] else "event")
    assert is_valid(event, "event"), event
    assert len(line.encode()) < PIPE_BUF, "a pipe might tear it"
    assert line.isprintable(), repr(line)
    return event


def parse_events(text):
    """Every line of text as an event; each must be valid, and nothing else may stand between them."""
    assert text == "" or text.endswith("\n"), repr(text)
    return [parse_event(line) for line in text.split("\n")[:-1]]


def parse_document(text):
    document = json.loads(text, object_pairs_hook=no_doubles)
    check(document, "document")
    return document


def names(events):
    return [event["event"] for event in events]


def of(events, name):
    return [event for event in events if event["event"] == name]


def the(events, name):
    """The only one of that name."""
    found = of(events, name)
    assert len(found) == 1, events
    return found[0]
