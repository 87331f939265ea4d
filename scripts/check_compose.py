"""Check the compose files without an engine: what compose accepts in silence and an operator regrets.

Run by `make check` with the environment's Python. With Docker on the machine, `docker compose config` is asked as well.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|PRIVATE|CREDENTIAL|(^|_)(AUTH|KEY)($|_)")
# ${NAME:?message}: compose refuses to start without it. Only this form may carry a secret.
REQUIRED = re.compile(r"\$\{([A-Z_][A-Z0-9_]*):\?[^}]+\}")
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z_][A-Z0-9_]*)")
LOGIN_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^@\s/]+)@")
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
RESTARTS = {"always", "unless-stopped", "on-failure"}

FILE, DEMO = "docker-compose.yml", "docker-compose.demo.yml"
LOOPBACK = "FETCH_LOOPBACK_ALLOWED"

Service = dict[str, Any]


def problems(
    compose: dict[str, Any], *, root: Path, known_variables: set[str], loopback: frozenset[str] = frozenset()
) -> list[str]:
    """Every fault of the parsed file, one sentence each; empty when it is sound.

    `known_variables` are the names that .env.example explains. `loopback` names the services that may fetch from their
    own loopback, which only the demo's do.
    """
    services: dict[str, Service] = compose.get("services") or {}
    if not services:
        return ["There are no services."]
    found = []
    for name, service in services.items():
        for check in (_origin, _lasting, _health, _secrets, _mounts, _ports, _rights):
            found += [f"{name}: {text}" for text in check(service, root, compose)]
        found += [f"{name}: {text}" for text in _needs(service, services)]
    found += _volumes(compose, services)
    built = [str(service.get("image")) for service in services.values() if "build" in service]
    if len(set(built)) > 1:
        found.append(f"The services are built into several images: {', '.join(sorted(set(built)))}.")
    found += [f"{image} is built {built.count(image)} times over." for image in set(built) if built.count(image) > 1]
    found += [
        f"{name}: {LOOPBACK} is for the demo alone."
        for name, service in services.items()
        if LOOPBACK in _environment(service) and name not in loopback
    ]
    unknown = sorted(set(VARIABLE.findall(yaml.safe_dump(compose))) - known_variables)
    found += [f"{variable} is used, but .env.example does not explain it." for variable in unknown]
    return found


def overridden(base: Any, override: Any) -> Any:
    """What compose makes of a file and an override: maps are merged, commands and other values replaced.

    Raises ValueError for a list that compose would append; no override of ours needs one.
    """
    if isinstance(base, dict) and isinstance(override, dict):
        merged = {key: base[key] for key in base if key not in override}
        for key, value in override.items():
            if isinstance(value, list) and key in base and key not in {"command", "test"}:
                raise ValueError(f"{key} is a list in both files.")
            merged[key] = overridden(base[key], value) if key in base else value
        return merged
    return override


def explained(example: str) -> set[str]:
    """The variables of .env.example, those in comments included."""
    return set(re.findall(r"(?m)^#?([A-Z_][A-Z0-9_]*)=", example))


def _one_shot(service: Service) -> bool:
    return str(service.get("restart")) == "no"


def _ours(service: Service, compose: dict[str, Any]) -> bool:
    """Whether the service runs an image that one of the services builds."""
    built = {other.get("image") for other in compose["services"].values() if "build" in other}
    return service.get("image") in built


def _origin(service: Service, root: Path, compose: dict[str, Any]) -> list[str]:
    image = str(service.get("image", ""))
    if not image:
        return ["names no image."]
    if "build" in service:
        build = service["build"]
        context = root / (build if isinstance(build, str) else build.get("context", "."))
        return [] if (context / "Dockerfile").exists() else [f"is built in {context}, which has no Dockerfile."]
    if _ours(service, compose):
        return []
    tag = image.rpartition("/")[2].partition(":")[2]
    return [] if tag and tag != "latest" else [f"image {image} has no fixed tag, so an update comes unasked."]


def _lasting(service: Service, _root: Path, _compose: dict[str, Any]) -> list[str]:
    restart = str(service.get("restart", ""))
    return [] if restart in RESTARTS or _one_shot(service) else ["has no restart policy."]


def _health(service: Service, _root: Path, _compose: dict[str, Any]) -> list[str]:
    if _one_shot(service):
        return []
    health = service.get("healthcheck")
    if not isinstance(health, dict) or not health.get("test") or health.get("disable"):
        return ["has no health check."]
    return [f"the health check has no {key}." for key in ("interval", "timeout", "retries") if key not in health]


def _secrets(service: Service, _root: Path, _compose: dict[str, Any]) -> list[str]:
    found = []
    for name, value in _environment(service).items():
        if value is None:
            continue
        if SECRET_NAME.search(name) and not REQUIRED.fullmatch(value):
            found.append(f"{name} must be ${{NAME:?message}}, so that no secret and no default stands in the file.")
        passwords = LOGIN_IN_ADDRESS.findall(REQUIRED.sub(r"${\1}", value))
        if any(not re.fullmatch(r"\$\{[A-Z0-9_]+\}", password) for password in passwords):
            found.append(f"{name} has a password in its address.")
        if re.search(r"\$\{[A-Z0-9_]*(PASSWORD|SECRET)[A-Z0-9_]*(:?-|\})", value):
            found.append(f"{name} uses a secret without :?, so it may silently be empty.")
    if "env_file" in service:
        found.append("takes a whole env_file, and with it the secrets of others.")
    return found


def _environment(service: Service) -> dict[str, str | None]:
    given = service.get("environment") or {}
    if isinstance(given, list):
        pairs = [str(entry).partition("=") for entry in given]
        return {name: value if sign else None for name, sign, value in pairs}
    return {str(name): None if value is None else str(value) for name, value in given.items()}


def _mounts(service: Service, root: Path, compose: dict[str, Any]) -> list[str]:
    found = []
    for mount in service.get("volumes") or []:
        if not isinstance(mount, str):
            found.append("mounts in the long form; this check reads the short one.")
            continue
        source, _, rest = mount.partition(":")
        if not rest:
            found.append(f"{mount} is an anonymous volume, lost at the next `down`.")
        elif source.startswith((".", "/", "~")):
            if not source.startswith("./") or not (root / source).exists():
                found.append(f"{source} is not in the project.")
            if not rest.endswith(":ro"):
                found.append(f"{source} is mounted writable.")
        elif source not in (compose.get("volumes") or {}):
            found.append(f"the volume {source} is not declared.")
    return found


def _ports(service: Service, _root: Path, _compose: dict[str, Any]) -> list[str]:
    return [
        f"port {port} is published to the whole network; put 127.0.0.1: before it."
        for port in service.get("ports") or []
        if not str(port).startswith("127.0.0.1:")
    ]


def _rights(service: Service, _root: Path, compose: dict[str, Any]) -> list[str]:
    found = [f"{key} gives it the machine." for key in ("privileged", "network_mode", "pid") if service.get(key)]
    if _ours(service, compose):
        found += [f"{key} is not set." for key in ("init", "read_only") if not service.get(key)]
        if "ALL" not in (service.get("cap_drop") or []):
            found.append("keeps capabilities that it does not need (cap_drop: ALL).")
    return found


def _needs(service: Service, services: dict[str, Service]) -> list[str]:
    needs = service.get("depends_on") or {}
    if isinstance(needs, list):
        return ["depends_on names no conditions."]
    found = []
    for other, how in needs.items():
        condition = (how or {}).get("condition")
        if other not in services:
            found.append(f"depends on {other}, which does not exist.")
        elif condition not in CONDITIONS:
            found.append(f"depends on {other} under no known condition.")
        elif condition == "service_healthy" and "healthcheck" not in services[other]:
            found.append(f"waits for {other} to be healthy, which has no health check.")
        elif condition == "service_completed_successfully" and not _one_shot(services[other]):
            found.append(f"waits for {other} to end, which restarts for ever.")
    return found


def _volumes(compose: dict[str, Any], services: dict[str, Service]) -> list[str]:
    used = {str(mount).partition(":")[0] for service in services.values() for mount in service.get("volumes") or []}
    return [f"The volume {name} is declared and not used." for name in compose.get("volumes") or {} if name not in used]


def _asked_compose(root: Path, files: list[str], variables: set[str]) -> list[str]:
    """What `docker compose config` says; nothing where it is not installed."""
    if shutil.which("docker") is None:
        return []
    version = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if version.returncode != 0:
        return []
    environment = {**os.environ, **dict.fromkeys(variables, "1")}
    named = [part for file in files for part in ("-f", str(root / file))]
    argv = ["docker", "compose", "--env-file", os.devnull, *named, "config", "-q"]
    done = subprocess.run(argv, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"docker compose config: {done.stderr.strip()}"]


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    try:
        text = (ROOT / FILE).read_text(encoding="utf-8")
        compose = yaml.safe_load(text)
        demo = overridden(compose, yaml.safe_load((ROOT / DEMO).read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValueError) as error:
        print(f"{FILE} or {DEMO} cannot be read: {error}")
        return 1
    known = explained((ROOT / ".env.example").read_text(encoding="utf-8"))
    required = {name for name in known if re.search(rf"\$\{{{name}:\?", text)}
    found = [f"{FILE}: {line}" for line in problems(compose, root=ROOT, known_variables=known)]
    found += [f"{FILE}: {line}" for line in _asked_compose(ROOT, [FILE], required)]
    allowed = frozenset({"worker-fetch"})
    faults = problems(demo, root=ROOT, known_variables=known, loopback=allowed)
    found += [f"{DEMO}: {line}" for line in [*faults, *_asked_compose(ROOT, [FILE, DEMO], required)]]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
