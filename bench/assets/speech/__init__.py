"""Recordings and clips: fetched, cut, said, degraded, and written as the one form engines get."""
