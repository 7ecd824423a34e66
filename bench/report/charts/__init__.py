"""Results -> charts: the rows that are drawn, their marks, the SVG."""
