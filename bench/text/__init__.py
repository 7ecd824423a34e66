"""How figures and foreign text are written, wherever they are: report, terminal, log, export.

numbers, figures   a value in base units as text with its unit
safe               what is data stays data: cleaned for terminals, escaped for Markdown and HTML
differences        two texts word by word
templates          Jinja in its sandbox
"""
