"""Requests that nobody wrote: schemathesis makes them of the API's description, and the answers are held against it."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

# What is held: no 5xx; content type, headers and body as described; what breaks the description is refused, and so is
# what lacks a header that it needs. Left out is that whatever fits the description is taken: the domain refuses more
# than a schema can say, such as a claim of one word.
HELD = (
    "not_a_server_error",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
)
CONSUMER = "reader key"
_SHOWN = 600  # characters of a failure


@dataclass
class Report:
    """What came of a run."""

    cases: int = 0
    server_errors: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    by_caller: Counter[str] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)  # the first of each kind, by operation


def described(application: Any) -> Any:
    """The API's description, loaded from the running application."""
    load_all_checks()
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", _whole(application))


def _whole(application: Any) -> Any:
    """The application as a server runs it: each answer is read to its end and closed."""

    def run(environ: Any, start_response: Any) -> list[bytes]:
        answer = application(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    return run


def fuzz(
    schema: Any,
    *,
    keys: Callable[[], Mapping[str, str]],
    known: Mapping[tuple[str, str], Sequence[Any]],
    examples: int,
    run: int,
    only: Sequence[str] = (),
) -> Report:
    """So many cases per operation and way of making them (fitting, and breaking the description).

    `keys` makes bearer keys by who asks, "" for nobody, anew for each operation, since some end their key; half of the
    cases come from those who may do most, who are named last. `known` gives values that exist, by the address's first
    part and the parameter's name; they replace made-up ones three times in four. `run` is the seed.
    """
    report, dice = Report(), random.Random(run)
    for result in schema.get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if only and name not in only:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _cases(operation, name, mode, examples, run, dice, keys(), known, report)
    return report


def _cases(
    operation: Any,
    name: str,
    mode: GenerationMode,
    examples: int,
    run: int,
    dice: random.Random,
    keys: Mapping[str, str],
    known: Mapping[tuple[str, str], Sequence[Any]],
    report: Report,
) -> None:
    @seed(run)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        for parameter in list(case.path_parameters or {}):
            there = known.get((operation.path.split("/")[3], parameter))
            if mode == GenerationMode.POSITIVE and there and dice.random() < 0.75:
                case.path_parameters[parameter] = dice.choice(there)
        names = list(keys)
        who = dice.choice(names if dice.random() < 0.5 else names[-3:])
        if operation.tags == ["Webhooks"] and dice.random() < 0.5:
            who = CONSUMER
        headers = {"Authorization": f"Bearer {keys[who]}"} if keys[who] else {}
        report.by_caller[who] += 1
        _one(case, name, headers, report)

    try:
        ask()
    except HypothesisException:
        pass  # an operation without anything to break, or to vary
    except Exception as error:  # noqa: BLE001 - what is wrong with a strategy is a finding, too
        report.failures.setdefault(f"{name}: strategy", repr(error)[:_SHOWN])


def _one(case: Any, name: str, headers: dict[str, str], report: Report) -> None:
    response = case.call(headers=headers)
    status = str(response.status_code)
    report.cases += 1
    report.statuses[status] += 1
    report.operations.add(name)
    report.server_errors += response.status_code >= 500
    declared = case.operation.definition.raw["responses"]
    if status not in declared and case.method.lower() == case.operation.method.lower():
        report.failures.setdefault(f"{name}: {status} is not described", response.text[:_SHOWN])
    try:
        case.validate_response(response, checks=CHECKS.get_by_names(list(HELD)), headers=headers)
    except FailureGroup as group:
        for failure in group.exceptions:
            shown = f"{failure}\n{case.as_curl_command()}\n{response.text[:200]}"
            report.failures.setdefault(f"{name}: {type(failure).__name__} {status}", shown[: 3 * _SHOWN])
