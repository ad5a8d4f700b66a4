# Each target does its own set-up: git, make and Python 3.11 or newer are enough.
#   make app    serve the pages on this machine (ARGS="--port 9000 --open" is passed on)
#   make test   every test, in Chromium too (ARGS="-m 'not slow and not browser'" leaves out what is slow)
#   make static write the pages as a folder of files that needs no server (ARGS="--one-file" for a single file)
#   make bench  measure anew and write docs/figures.md (under ten minutes; ARGS="load" renews a part)
#   make test-lowest   the tests without a browser, with the lowest versions that pyproject.toml allows
#   make lint, make lab, make lock, make clean

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# Pinned all the way: the build tool too comes from the lock, not from a build environment of pip's own.
INSTALL := $(PIP) install --constraint constraints.txt
EDITABLE := $(INSTALL) --no-build-isolation --editable

# Bytecode makes every kernel start faster; a foreign PYTHONPATH only confuses.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

# The first interpreter that is new enough and can make an environment.
FIND_PYTHON = for python in python3.13 python3.12 python3.11 python3 python3.14 python; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; break; }; done

# Where npm is missing the browser scripts are not checked; nothing of it is needed to run kapnb.
CHECK_SCRIPTS = if command -v npm >/dev/null; then \
	{ [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund; } && npm run --silent $(1); \
	else echo "npm is not there: browser scripts are not checked (npm run $(1))." >&2; fi

.PHONY: app static test test-lowest lint lab bench lock clean

app: $(VENV)/.app
	@$(PY) -m kapnb serve $(ARGS)

# Needs npm, or ARGS="--pyodide FILE" with its package pyodide.
static: $(VENV)/.app
	@$(PY) -m kapnb build dist/pages $(ARGS)

# Each worker begins with a quarter of the tests, long ones first (tests/order.py); who is done first takes from the end.
# Three of them keep two processors at work all the time, and each more would start servers and browsers of its own: that takes about
# 6 minutes. Without those tests there are as many workers as processors: to collect the tests takes each of them seconds.
# The cells of a notebook have to stay together: the notebooks come first.
test: WORKERS = $(if $(findstring not browser,$(ARGS)),logical,3)
test: $(VENV)/.test
	@$(call CHECK_SCRIPTS,test)
	@$(PY) tests/chromium.py
	@$(PY) -m pytest notebooks tests --nbval-lax --nbval-current-env --numprocesses $(WORKERS) --dist worksteal $(ARGS)

test-lowest: $(VENV)/.lowest
	@.venv-lowest/bin/python -m pytest tests -m "not browser" --numprocesses 4 --dist worksteal $(ARGS)

lint: $(VENV)/.test
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(call CHECK_SCRIPTS,lint)

lab: $(VENV)/.lab
	@$(PY) -m jupyterlab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

bench: $(VENV)/.test
	@$(PY) tests/chromium.py
	@$(PY) -m benchmarks $(ARGS)

# Stamps: a second run finds them newer than the two files below and goes straight to its command, without the network.
$(VENV)/.made:
	@python=$$($(FIND_PYTHON)); \
	[ -n "$$python" ] || { echo "kapnb needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }; \
	echo "Setting up $(VENV) with $$python. This takes a minute or two, once."; \
	rm -rf $(VENV) && $$python -m venv $(VENV)
	@touch $@

$(VENV)/.app: $(VENV)/.made pyproject.toml constraints.txt
	@$(INSTALL) hatchling
	@$(EDITABLE) .
	@$(PY) -m compileall -q kapnb
	@touch $@

$(VENV)/.test $(VENV)/.lab: $(VENV)/.%: $(VENV)/.app
	@echo "Installing what 'make $*' needs."
	@$(EDITABLE) '.[$*]'
	@touch $@

$(VENV)/.lowest: $(VENV)/.made pyproject.toml
	@echo "Setting up .venv-lowest."
	@$(PIP) install uv
	@rm -rf .venv-lowest && $(PY) -m venv .venv-lowest
	@$(PY) -m uv pip compile --quiet --resolution lowest-direct --extra test pyproject.toml --output-file .venv-lowest/versions.txt
	@.venv-lowest/bin/python -m pip --disable-pip-version-check --quiet install --requirement .venv-lowest/versions.txt
	@.venv-lowest/bin/python -m pip --disable-pip-version-check --quiet install --no-build-isolation --no-deps --editable .
	@touch $@

# A fresh resolution, written down; look at the difference and run the tests before committing it.
# soupsieve 3 does not serve the first releases of Python 3.11. A test finds the next such package.
lock:
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && set -e; \
	$$($(FIND_PYTHON)) -m venv "$$fresh"; \
	"$$fresh/bin/python" -m pip --disable-pip-version-check --quiet install hatchling; \
	"$$fresh/bin/python" -m pip --disable-pip-version-check --quiet install --no-build-isolation --editable '.[lab,test]' 'soupsieve<3'; \
	{ echo "# The whole lock, extras included: what a fresh resolution of pyproject.toml gave. Made by 'make lock'."; \
	  "$$fresh/bin/python" -m pip freeze --exclude-editable; } > "$$fresh/constraints.txt"; \
	cp "$$fresh/constraints.txt" constraints.txt

clean:
	rm -rf $(VENV) .venv-lowest node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

