"""Which addresses are tried for a name: those that glibc's getent finds with the same files and the same server.

glibc gives up at answers after which waitfor, which waits for what is not there yet, goes on along the search list.
EXPLAINED says which, and is held against glibc too: a difference is explained only if waitfor tried the addresses of
the first name that has any, and glibc found exactly what the reasons leave.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import product
from typing import Callable, NamedTuple

import pytest

from support.dns import A, AAAA, REFUSED, SERVFAIL, Answer
from support.names import SEED, SPACE, Lookups, draw_all

QUICK_BLOCKS, SLOW_BLOCKS = 32, 4


# --- where glibc gives up (resolv/res_query.c, res_send.c) ----------------------------------------

class Met(NamedTuple):
    """What glibc meets at one name."""
    a: Answer
    aaaa: Answer
    in_turn: bool   # one family was silent before: since then AAAA is asked only after the answer to A

    @property
    def over_tcp(self):
        return self.a.truncated or self.aaaa.truncated

    @property
    def is_empty(self):
        return not self.a.addresses and not self.aaaa.addresses

    @property
    def has_alias(self):
        return bool(self.a.alias or self.aaaa.alias)


# What then follows: glibc goes on without these addresses; asks only for the name as it stands, if that is still to
# come; asks nothing more.
LOSES, ENDS_SEARCH, ENDS_ALL = range(3)


class Reason(NamedTuple):
    text: str
    follows: int
    applies: Callable[[Met], bool]


# The first that applies counts.
EXPLAINED = (
    # It asks once more, for A alone, and a second silence is an error, which ends a search unless it is SERVFAIL.
    Reason("A is silent, and AAAA is dropped with it", ENDS_SEARCH,
           lambda met: met.a.silent and (met.in_turn or met.aaaa.rcode != SERVFAIL.rcode)),
    Reason("A is refused, and AAAA not asked in its turn", ENDS_SEARCH,
           lambda met: met.in_turn and met.a.rcode == REFUSED.rcode),
    Reason("A fails, and AAAA is not asked in its turn", LOSES,
           lambda met: met.in_turn and met.a.rcode == SERVFAIL.rcode),
    # A reply with any record, and without an error, is what it looked for.
    Reason("an alias that leads nowhere is an answer", ENDS_ALL,
           lambda met: met.is_empty and met.has_alias),
    Reason("A is refused, and AAAA an error or silent", ENDS_SEARCH,
           lambda met: met.a.rcode == REFUSED.rcode and not met.over_tcp
           and (met.aaaa.silent or met.aaaa.rcode in (REFUSED.rcode, SERVFAIL.rcode))),
    # Over UDP an error of one family is no answer; over TCP the first error of the two is.
    Reason("over TCP, one family is refused, or only AAAA fails", ENDS_SEARCH,
           lambda met: met.over_tcp and met.is_empty
           and ((met.a.rcode or met.aaaa.rcode) == REFUSED.rcode
                or (met.a.rcode, met.aaaa.rcode) == (0, SERVFAIL.rcode))),
)


def glibc_finds(case):
    """What EXPLAINED says that glibc finds in DNS, and the reasons that had a part in it."""
    reasons, in_turn, index = [], False, 0
    while index < len(case.candidates):
        name = case.candidates[index]
        met = Met(case.rules[name][A], case.rules[name][AAAA], in_turn)
        found = case.addresses(name)
        reason = next((reason for reason in EXPLAINED if reason.applies(met)), None)
        if found and not reason:
            return found, reasons
        in_turn |= met.a.silent != met.aaaa.silent
        follows = reason.follows if reason else LOSES
        if follows == ENDS_SEARCH and index == 0 and case.stands_first:
            follows = LOSES     # the search has not begun
        if reason and (found or follows != LOSES):
            reasons.append(reason.text)
        if follows == LOSES:
            index += 1
        elif follows == ENDS_SEARCH and case.as_it_stands > index:
            index = case.as_it_stands
        else:
            break
    return set(), reasons


def waitfor_finds(case):
    """The addresses of the first name that has any."""
    return next(filter(None, map(case.addresses, case.candidates)), set())


def explanations(case, said, tried):
    """The reasons for a difference; none if it is not explained."""
    left, reasons = glibc_finds(case)
    return reasons if not case.in_hosts and (said, tried) == (left, waitfor_finds(case)) else []


# --- the comparison -------------------------------------------------------------------------------

@lru_cache
def all_cases():
    return draw_all()


@pytest.fixture
def compare(net, dns):
    """Compares the answers to some cases, so many at a time."""
    lookups = Lookups(net, dns)

    def do(cases, at_once):
        with ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(lookups.run, cases))
        explained, wrong = Counter(), []
        for case, (said, tried) in zip(cases, answers):
            reasons = explanations(case, said, tried) if said != tried else []
            explained.update(set(reasons))
            if said != tried and not reasons:
                wrong.append(f"{case}\n--- getent finds {sorted(said)}\n--- waitfor tries {sorted(tried)}")
        assert {bool(tried) for _, tried in answers} == {True, False}, "some names have addresses, and some have none"
        assert not wrong, f"{len(wrong)} of {len(cases)} differ, seed {SEED}:\n\n" + "\n\n".join(wrong[:5])
        print(dict(explained))  # pytest shows it with -rP

    yield do
    lookups.close()


# The slow ones are first: the quick ones fill the time that they wait.
@pytest.mark.parametrize("block", range(SLOW_BLOCKS))
def test_silence(compare, block):
    cases = [case for case in all_cases() if case.is_slow][block::SLOW_BLOCKS]
    compare(cases, at_once=len(cases))


@pytest.mark.parametrize("block", range(QUICK_BLOCKS))
def test_answers(compare, block):
    cases = [case for case in all_cases() if not case.is_slow][block::QUICK_BLOCKS]
    compare(cases, at_once=2)


def test_the_space_is_covered():
    """Every combination with the name in hosts and without; hosts of one to three lines; every reason."""
    cases = all_cases()
    assert len(cases) >= 2000
    assert ({(*case.axes, case.in_hosts) for case in cases}
            == {(*axes, in_hosts) for axes in SPACE for in_hosts in (True, False)})
    assert ({(case.in_hosts, len(case.hosts.splitlines())) for case in cases}
            == set(product((True, False), (2, 3, 4)))), "one line is localhost's"
    met = {reason for case in cases if not case.in_hosts and glibc_finds(case)[0] != waitfor_finds(case)
           for reason in glibc_finds(case)[1]}
    assert met == {reason.text for reason in EXPLAINED}
