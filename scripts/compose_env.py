"""Write .env for docker compose: .env.example with random secrets. An .env that is there already is left alone."""

import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Letters and digits only, for they become part of addresses such as DATABASE_URL.
LENGTHS = {"SECRET_KEY": 50, "DATABASE_PASSWORD": 24, "POSTGRES_PASSWORD": 24, "REDIS_PASSWORD": 24}


def filled(example: str) -> str:
    """The example's text with a random value for every secret. Raises ValueError when it lacks one of them."""
    text = example
    for name, length in LENGTHS.items():
        text, found = re.subn(rf"(?m)^{name}=$", f"{name}={secrets.token_hex(length)}", text)
        if found != 1:
            raise ValueError(f".env.example must have one line {name}= without a value, not {found}.")
    return text


def main() -> int:
    """Answers 0 when .env is there afterwards."""
    target = ROOT / ".env"
    text = filled((ROOT / ".env.example").read_text(encoding="utf-8"))
    try:
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        print(f"{target} is there already and stays as it is.")
        return 0
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    print(f"{target} is written. Look through it, then: docker compose up --build --wait")
    return 0


if __name__ == "__main__":
    sys.exit(main())
