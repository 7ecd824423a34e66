"""Addresses on the web: http and https alone, whatever an address or a redirection says.

As `urllib.request.urlopen` with proxies of the environment and redirections, but without `file:`, `ftp:` and `data:`.
"""

from __future__ import annotations

import urllib.request
from typing import Final

_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.UnknownHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPErrorProcessor,
)


def opener() -> urllib.request.OpenerDirector:
    """Opens addresses; `urllib.error.URLError` for one of any other scheme, and where nobody answers."""
    made = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        made.add_handler(handler())
    made.addheaders = [("User-Agent", "asr-quant-bench")]
    return made
