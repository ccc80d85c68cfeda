# Every target sets itself up; the one thing needed beforehand is Python 3.11 or newer.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: help demo test faults lint types bench bench-engine bench-contenders bench-busy bench-forest bench-reasons bench-retention bench-guards bench-night notebooks docs wheel-test public-tasks messages ci clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

.venv/core: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "churnlab needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/dev: .venv/core
	$(BIN)/python -m pip install --quiet --editable ".[dev,notebooks,spark]"
	@touch $@

demo: .venv/core ## run the main job on simulated and on real data
	$(BIN)/churnlab demo --out demo

test: .venv/dev ## run the tests
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

faults: .venv/dev ## try all faults of the nightly list: kills, full disks, flipped bits; some minutes
	FAULTS=1 $(BIN)/python -m pytest -q -n 2 --dist loadgroup tests/nightly

lint: .venv/dev ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev ## check types
	$(BIN)/mypy

bench: .venv/dev ## measure speed as ratios, side by side, on a small log
	$(BIN)/python benchmarks/engine.py --events 1_000_000 --scale 0.05

bench-engine: .venv/dev ## time over DuckDB's on a grid of logs; writes the table of docs/scale.md, 20 minutes
	$(BIN)/python benchmarks/grid.py --events 30_000_000 100_000_000 --page docs/scale.md

bench-contenders: .venv/dev ## other contenders on 100 million events, about an hour
	$(BIN)/python benchmarks/engine.py --events 100_000_000

bench-busy: .venv/core ## time a public task idle and beside one and two busy processes
	$(BIN)/python benchmarks/busy.py

bench-forest: .venv/dev ## time the forest beside LightGBM on a million rows, some minutes
	$(BIN)/python benchmarks/forest.py

bench-reasons: .venv/core ## time reasons for 100,000 people beside pred_contrib, some minutes
	$(BIN)/python benchmarks/reasons.py

bench-retention: .venv/dev ## retention and funnel of 3 million people, and the triangle in DuckDB and Polars
	$(BIN)/python benchmarks/retention.py --out benchmarks/results/retention.json

bench-guards: .venv/core ## false alarms of the guards on quiet simulated nights, half an hour
	$(BIN)/python benchmarks/guards.py --out benchmarks/results/guards.json

bench-night: .venv/core ## time a whole night for 1.8 million registered people, some minutes
	$(BIN)/python benchmarks/night.py make build/night
	$(BIN)/python benchmarks/night.py night build/night

notebooks: .venv/dev ## execute the notebooks in place and stamp them
	CHURNLAB_PROGRESS=0 $(BIN)/python notebooks/execute.py

docs: .venv/dev ## build the documentation into build/site
	$(BIN)/python -m mkdocs build --strict

wheel-test: .venv/dev ## build the wheel, install it alone and run its demonstration
	rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/python -m build --wheel --no-isolation --outdir build/wheel
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet build/wheel/*.whl
	cd build/wheel && venv/bin/churnlab demo --out demo

public-tasks: .venv/core ## run the six public tasks of ../shared/tasks
	$(BIN)/python experiments/public_tasks/run.py

messages: .venv/dev ## list the templates of all sentences for translators
	$(BIN)/python -m churnlab.language.messages

clean: ## remove what was built
	rm -rf .venv build demo .pytest_cache .hypothesis .mypy_cache .ruff_cache
