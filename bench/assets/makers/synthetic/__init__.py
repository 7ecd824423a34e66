"""Random weights of given dimensions: a true model's size, speed and memory, and no meaning.

Generators are named in `bench.assets.makers.builders.GENERATORS`.  They are deterministic: the same
parameters and seed give the same bytes on every machine.
"""
