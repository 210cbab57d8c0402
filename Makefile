# NeverMissCall: `make help` lists the targets. Variables: PORT_BASE=5600 (first of seven ports), EXIT=1 (demo), PYTHON=python3.
PYTHON ?= python3
PORT_BASE ?= 5600
PY := .venv/bin/python
SETUP := @$(PYTHON) scripts/setup.py
RUN := @$(PY) -m sandbox.runner --port-base $(PORT_BASE)
FLASK := $(PY) -m flask --app jobs.commands:create_command_app
TYPED := app blueprints jobs config.py wsgi.py
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo run servers web stream worker clock check test eval bench hunch lock clean format lint types migrations

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{ printf "%-16s %s\n", $$1, $$2 }'

demo: ## start everything and play the story of a missed call; EXIT=1 does not stay
	$(SETUP)
	@$(PY) -m sandbox.demo --port-base $(PORT_BASE) $(if $(EXIT),--exit)

run: ## start everything, without the story
	$(SETUP)
	$(RUN)

servers: ## start PostgreSQL and Valkey alone, for the four targets below
	$(SETUP)
	$(RUN) servers

web: ## start the web process beside `make servers`
	$(SETUP)
	$(RUN) web

stream: ## start the event stream beside `make servers`
	$(SETUP)
	$(RUN) stream

worker: ## start the workers beside `make servers`
	$(SETUP)
	$(RUN) worker

clock: ## start the clock beside `make servers`
	$(SETUP)
	$(RUN) clock

check: ## before a commit: format, lint, types and the fast tests
	$(SETUP) --dev
	@$(MAKE) --no-print-directory format lint types
	@$(PY) -m pytest $(SIDE_BY_SIDE) -q --ignore tests/browser --ignore tests/faults --ignore tests/bench

test: ## set up all that tests need, then every check and every test
	$(SETUP) --dev --browser
	@$(MAKE) --no-print-directory --keep-going format lint types migrations; checks=$$?; \
	$(PY) -m pytest $(SIDE_BY_SIDE) && exit $$checks

eval: ## score the dispatcher against its gates; MISSES=1 prints what was missed
	$(SETUP) --dev
	@$(PY) -m tests.eval $(if $(MISSES),--misses)

bench: ## measure: a table, and var/bench.json
	$(SETUP) --dev
	@$(PY) -m tests.bench

hunch: ## learn the dispatcher's classifiers anew from scripts/hunch/texts
	$(SETUP) --dev
	@$(PYTHON) -m venv var/hunch && var/hunch/bin/pip install --quiet --requirement scripts/hunch/requirements.txt
	@PYTHONPATH=$$(ls -d .venv/lib/python3*/site-packages) var/hunch/bin/python scripts/hunch/train.py

lock: ## compile requirements.in and requirements-dev.in into pinned requirements
	$(SETUP) --lock

clean: ## remove the demo's data, log-ins and logs
	@$(PYTHON) scripts/setup.py --clean

format:
	@echo "Format:"; $(PY) -m ruff format --check .

lint:
	@echo "Lint:"; $(PY) -m ruff check .

types:
	@echo "Types:"; $(PY) -m mypy $(TYPED)

migrations:
	@echo "Migrations:"; $(PY) -m sandbox.embedded --passing sh -c "$(FLASK) db upgrade && $(FLASK) db check"
