"""What goes wrong, said once."""


class Failed(Exception):
    """A step could not be done; the text says what happened and what to do."""


class Stopped(BaseException):
    """Somebody asked this command to end. Not an Exception, so that no handler of errors swallows it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
