"""JSON from outside, as plain values or as a clear refusal. No Django: it serves in the reading child too."""

import json
import re
from typing import Any, NoReturn

DEEPEST = 64
_LONGEST_NUMBER = 400  # digits; longer ones cost time that grows with their square
# What JSON forbids inside its strings and some services send all the same; tab and line ends are white space.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class NotJson(ValueError):
    """The bytes are no JSON that may be read. The message is a clause for an editor; `cut` if they end too early."""

    def __init__(self, message: str, *, cut: bool = False) -> None:
        super().__init__(message)
        self.cut = cut


def read_json(body: bytes) -> Any:
    """The value that the bytes hold, in UTF-8 with or without a mark. Raises NotJson.

    Illegal control characters are dropped, lone surrogates become U+FFFD, of a name given twice the last counts. NaN,
    infinity, numbers of 400 digits and nesting below 64 levels are refused.
    """
    text = _CONTROLS.sub("", body.decode("utf-8-sig", "replace")).strip()
    if not text:
        raise NotJson("it is empty")
    if text[0] not in "{[":
        raise NotJson("it is no JSON")
    _look_at_depth(text)
    try:
        value = json.loads(text, strict=False, parse_constant=_refuse, parse_int=_whole, parse_float=_fraction)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) - 1 or error.msg.startswith("Unterminated string")
        raise NotJson("it is cut short" if cut else "it is damaged JSON", cut=cut) from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error
    return _whole_text(value)


def _look_at_depth(text: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                raise NotJson("it is nested too deeply")
        elif match[0] in "]}":
            depth -= 1


def _whole_text(value: Any) -> Any:
    """The value with every lone surrogate replaced; no column and no socket takes one."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_text(item) for item in value]
    if isinstance(value, dict):
        return {_whole_text(name): _whole_text(item) for name, item in value.items()}
    return value


def _refuse(name: str) -> NoReturn:
    raise NotJson(f"it holds {name}, which is no JSON")


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise NotJson("it holds a number that is too long")
    return int(digits)


def _fraction(digits: str) -> float:
    if len(digits) > _LONGEST_NUMBER:
        raise NotJson("it holds a number that is too long")
    return float(digits)
