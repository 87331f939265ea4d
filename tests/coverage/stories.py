"""Texts of our own that are long enough to be compared, each about something else."""

TOWNS = ("Ahrbek", "Brome", "Celle", "Dorum", "Elze", "Furth")
SUBJECTS = ("harbour bridge", "regatta cup", "potato harvest", "tram line", "school roof", "ferry strike")
_LINES = (
    "The council met on Tuesday evening to talk about the {0} for the third time since spring",
    "Nobody in the hall had expected that the {0} would split the two parties so plainly",
    "An engineer who has worked on the {0} for eleven years told the members what it had cost until then",
    "She read from a list of {1} invoices, and it took her almost an hour to come to the end of it",
    "Outside, some {1} people with lanterns waited for a word about the {0} and sang against the cold",
    "The mayor promised a report on the {0} before the first snow, and asked the press for patience",
    "A retired teacher in the last row said that her pupils had drawn the {0} {1} times and never the same way",
    "By midnight the vote stood at {1} to four, with the chair of the {0} committee absent",
    "What happens to the {0} now depends on the district court, whose summer recess ends in {1} days",
)


def story(number: int) -> str:
    """The text of a story; each number gives another, of about 160 words."""
    subject = f"{SUBJECTS[number % len(SUBJECTS)]} of {TOWNS[number // 6 % 6]}"
    order = [(place * (number + 2)) % len(_LINES) for place in range(len(_LINES))] if number % 3 != 1 else range(9)
    lines = dict.fromkeys([*order, *range(len(_LINES))])
    return ". ".join(_LINES[line].format(subject, number + 12) for line in lines) + "."
