"""`python -m bench` is the console script."""

from bench.entry import main

main()
