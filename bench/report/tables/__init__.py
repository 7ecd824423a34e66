"""Results -> tables: which columns there are and what stands in each cell."""
