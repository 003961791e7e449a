"""Batched Monte Carlo tree search over any environment with any evaluator."""

from zeroloop.search.forest import SearchResult, advance, make_forest, results, root_noise, search, solve
from zeroloop.search.settings import SearchSettings
from zeroloop.search.slots import SlotStates, batch_environment

__all__ = [
    "SearchResult",
    "SearchSettings",
    "SlotStates",
    "advance",
    "batch_environment",
    "make_forest",
    "results",
    "root_noise",
    "search",
    "solve",
]
