"""A run in the formats of other tools: pytest-benchmark, Bencher, CSV, JUnit.

Each module has one function that turns a run (or a gate's report) into data or text; nothing is
written here.
"""
