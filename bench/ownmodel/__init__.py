"""One's own model: what a file is, by its header, and the suite that measures it."""

from bench.ownmodel.proposal import Proposal, Wishes, propose

__all__ = ["Proposal", "Wishes", "propose"]
