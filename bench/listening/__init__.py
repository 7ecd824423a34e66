"""The quality pass: corpora heard utterance by utterance by every variant, in children that nobody times.

`plan` decides who hears what beside whom, `passes` keeps what is heard, `lanes` are the workers.  What the
records mean is `bench.quality`'s.
"""
