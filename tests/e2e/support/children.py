"""What /proc tells of a process and of its children."""

from support.until import until


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def first_child(pid):
    """The child of a wrapper such as unshare, once it is there."""
    return until(lambda: children_of(pid), what=f"a child of {pid}")[0]


def state_of(pid):
    """R, S, T and so on; the process may be gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def memory(pid):
    """Resident, in kB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def command_of(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().strip()


def descendants(pid):
    """The numbers of all processes that this one, or one of them, has started and that it has not lost to another parent."""
    try:
        children = children_of(pid)
    except OSError:
        return []
    return [*children, *(other for child in children for other in descendants(child))]
