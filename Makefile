# Comforts around scripts/dev.py, which needs only Python 3.11+ with pip and venv.
#   make run [PORT=8001]     make test [ARGS="-k four_eyes"]     make check [ARGS=--no-tests]

PYTHON ?= python3
DEV = $(PYTHON) scripts/dev.py

.PHONY: help run test check services format openapi lock demo-reset compose-env

help:
	@$(DEV) --help

run:
	@$(DEV) run

test:
	@$(DEV) test $(ARGS)

check:
	@$(DEV) check $(ARGS)

# Postgres and Redis with throw-away data, until Ctrl-C.
services:
	@$(DEV) services

format:
	@$(DEV) install
	@.venv/bin/python -m ruff check --fix .
	@.venv/bin/python -m ruff format .

openapi:
	@$(DEV) openapi

lock:
	@$(DEV) lock

# The next `make run` is a first one again.
demo-reset:
	@$(DEV) reset

# Writes .env with random secrets for docker compose; never overwrites one.
compose-env:
	@$(PYTHON) scripts/compose_env.py
