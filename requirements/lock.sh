#!/bin/sh
# Renew the lock files from pyproject.toml.  Universal (any system, Python 3.11+), with hashes, and
# without the address of any index: the files install from wherever pip is set up to look.
set -eu
cd "$(dirname "$0")/.."
compile() {
	"${BIN:-.venv/bin}/uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--no-emit-package asr-quant-bench "$@"
}
compile pyproject.toml --extra dev -o requirements/dev.txt
for extra in bench docs fleet transcribe faster-whisper qwen3; do
	compile pyproject.toml --extra "$extra" --constraint requirements/dev.txt -o "requirements/$extra.txt"
done
printf '%s\n' cmake ninja scikit-build-core | compile - --constraint requirements/dev.txt -o requirements/build.txt
