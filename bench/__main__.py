"""`python -m bench` is the console script."""

from bench.cli import main

main()
