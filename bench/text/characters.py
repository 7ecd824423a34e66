"""The characters that foreign text must not carry on, once for everything that shows or stores it.

Each is the inside of a regular expression's `[...]`.
"""

from __future__ import annotations

from typing import Final

# Unicode's category Cc but for tab, line feed and carriage return.
CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Marks that turn the direction of everything after them.
DIRECTIONS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Marks without width, which hide in names.
INVISIBLE: Final = "\u200b\u2060\ufeff"
# Line breaks to some readers and none to others.
SEPARATORS: Final = "\u2028\u2029"
# Halves of surrogate pairs, which no UTF-8 file can hold.
SURROGATES: Final = "\ud800-\udfff"
# Code points that are no characters: XML forbids them, and libraries abort at them.
NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
