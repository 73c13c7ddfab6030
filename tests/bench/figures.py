"""What a measurement came to: figures, goals and rows of the README, and how values are put into words."""

from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Figure:
    """Distributions of one measure: {tool: values}."""
    key: str            # names the drawing
    title: str
    unit: str
    rows: dict
    note: str = ""
    base: str = "waitfor"       # whom the last column compares with


@dataclass(frozen=True)
class Goal:
    text: str
    met: bool
    found: str


@dataclass
class Findings:
    figures: list = field(default_factory=list)
    goals: list = field(default_factory=list)
    rows: list = field(default_factory=list)        # (what, {tool: text})

    def figure(self, *arguments, **more):
        self.figures.append(Figure(*arguments, **more))

    def judge(self, text, met, found):
        self.goals.append(Goal(text, met, found))

    def row(self, what, texts):
        self.rows.append((what, texts))


def percentile(values, percent):
    """Nearest rank: always one of the values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def short(value):
    """Three digits or so."""
    size = abs(value)
    return f"{value:.2f}" if size < 9.995 else f"{value:.1f}" if size < 99.95 else f"{value:,.0f}"


def pick(samples, key):
    """{tool: values}, without the samples that have none."""
    picked = {name: [sample[key] for sample in of_tool if key in sample] for name, of_tool in samples.items()}
    return {name: values for name, values in picked.items() if values}


def spread(values, unit="ms"):
    """The median, and how far it goes."""
    return f"{short(median(values))} {unit} ({short(percentile(values, 99))})"


COLUMNS = ("n", "min", "median", "p90", "p99", "max")


def cells(values, of_base):
    """A row of a table: COLUMNS, and how many times the base it is."""
    figures = [min(values), median(values), percentile(values, 90), percentile(values, 99), max(values)]
    return [str(len(values)), *map(short, figures), f"{median(values) / of_base:.2f}" if of_base > 0 else "-"]


def table_of(figure):
    """[[tool, cell, ...], ...] with a head."""
    of_base = median(figure.rows.get(figure.base, [0]))
    return [["", *COLUMNS, f"x {figure.base}"],
            *([name, *cells(values, of_base)] for name, values in figure.rows.items())]
