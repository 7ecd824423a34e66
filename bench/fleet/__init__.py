"""Other processes and other machines: executors, the worker that a host runs, timing on hosts, a model of many.

`bench.executor` is the protocol.  Dask is imported where it is asked for and nowhere else: the extra `fleet`.
"""
