"""x."""


def measure(asked):
    """X."""
