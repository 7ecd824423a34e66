"""How figures and foreign text are written, wherever they are: report, terminal, log, export.

numbers, changes   a value in base units as text with its unit; a ratio as a change
safe               what is data stays data: cleaned for terminals, escaped for Markdown and HTML
differences        two texts word by word
templates          Jinja in its sandbox
"""
