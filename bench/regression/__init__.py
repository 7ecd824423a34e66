"""Regressions: compare runs, hold nights to a frozen reference, keep their history.

exact       what must not change at all: status, text, backend, files
night       a run as one night: a median and an interval per case and metric
baselines   the frozen references, and who replaced them why
series      the statistical gate: the last nights against the reference
gate        both gates -> PASS, FAIL, INCONCLUSIVE
compare     any two runs, or two variants of one run, case by case
history     one line a night: the truth; index: the same as SQLite, rebuildable
trends      lines over nights for the terminal and the dashboard; changepoints: annotations
bisect      the release between a good and a bad one that made the difference
"""
