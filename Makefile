# `make train` and `make test` do all the set-up on a machine that has Python 3.10-3.13
# with venv, make and internet access, and nothing else.

# The newest Python that TensorFlow supports; another one by `make PYTHON=... train`.
ifndef PYTHON
PYTHON := $(shell for v in 3.13 3.12 3.11 3.10; do \
	if python$$v -c "import venv, ensurepip" >/dev/null 2>&1; then echo python$$v; break; fi; \
	done)
endif
ifeq ($(PYTHON),)
PYTHON := python3
endif
BIN := .venv/bin

.PHONY: train page page-speed test test-slow lint bench quality few-images experiments faults mutants clean help

train: .venv/installed  ## train the AC-GAN on MNIST for 5 minutes
	$(BIN)/python -m gan_tf.train --model acgan --minutes 5

# A run that is there is used, however it was trained.
page: $(if $(wildcard runs/acgan/checkpoints/*.index),.venv/installed,train)  ## build the web page of the default AC-GAN, runs/acgan/page/index.html
	$(BIN)/python -m gan_tf.export --run_dir runs/acgan --format html --out runs/acgan/page/index.html

page-speed: .venv/installed  ## measure that page in Chromium, in again/
	$(BIN)/python experiments/page_speed.py --out again

test: .venv/installed-test  ## run the fast tests, on all cores (3 to 5 minutes)
	$(BIN)/python -m pytest -n auto --dist loadfile

test-slow: .venv/installed-test  ## run the slow tests: processes, faults, whole trainings
	$(BIN)/python -m pytest -n auto --dist loadfile -m slow

lint: .venv/installed-lint  ## check style, docstrings and types
	$(BIN)/isort --check gan_tf tests experiments
	$(BIN)/flake8 gan_tf tests experiments
	$(BIN)/mypy

# bench, quality, few-images and experiments write into again/: experiments/results has those of the pages.
bench: .venv/installed  ## measure what docs/performance.md reports, in again/ (about 15 minutes)
	$(BIN)/python experiments/speed.py --out again

quality: .venv/installed  ## train and evaluate what docs/results.md reports, in again/ (hours)
	$(BIN)/python experiments/quality.py --preset acgan --curve --audit --slow_metrics --out again
	$(BIN)/python experiments/quality.py --preset acgan --minutes 5 --out again
	$(BIN)/python experiments/quality.py --preset gan --curve --audit --out again
	$(BIN)/python experiments/quality.py --preset gan --minutes 3 --out again
	$(BIN)/python experiments/quality.py --preset acgan-best --curve --audit --slow_metrics --out again
	$(BIN)/python experiments/quality.py --preset acgan-classic --seeds 0 --curve --audit --out again
	$(BIN)/python experiments/quality.py --preset gan-classic --curve --out again
	$(BIN)/python experiments/ablation.py --preset acgan --out again
	$(BIN)/python experiments/ablation.py --preset gan --out again

few-images: .venv/installed  ## train on few images, with and without augmentation, in again/ (hours)
	$(BIN)/python experiments/few_images.py --data mnist --per_class 100 --steps 1800 --out again
	$(BIN)/python experiments/few_images.py --data mnist --per_class 500 --steps 7000 --out again
	$(BIN)/python experiments/few_images.py --data fashion_mnist --per_class 100 --steps 7000 --out again
	$(BIN)/python experiments/few_images.py --data fashion_mnist --per_class 500 --steps 7000 --out again

faults: .venv/installed  ## inject faults into tiny trainings, in again/: nothing may be lost (about 10 minutes)
	$(BIN)/python experiments/faults.py --out again

mutants: .venv/installed-test  ## measure what the tests catch, by 60 mutants; rewrites experiments/results/mutants.json (hours)
	$(BIN)/python experiments/mutants.py

experiments: .venv/installed  ## reproduce docs/experiments.md, in again/ (about an hour)
	$(BIN)/python experiments/gan_classic.py --out again
	$(BIN)/python experiments/gan_50k.py --out again
	$(BIN)/python experiments/gan_deep.py --out again
	$(BIN)/python experiments/gan_100k.py --out again
	$(BIN)/python experiments/acgan_classic.py --out again

clean:  ## remove the environment and what builds leave behind; runs/ is kept
	rm -rf .venv build dist *.egg-info

help:  ## show this
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/:/'

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
	|| { echo "$(PYTHON) is not Python 3.10-3.13: install one, such as 3.13, and name it, as in"; \
	echo "make PYTHON=python3.13 train"; \
	exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

.venv/installed: setup.cfg setup.py .venv/python
	@echo "Installing TensorFlow and the package into .venv: 2 GB, some minutes"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/installed-%: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@
