"""Games played by search against itself, recorded for learning."""

from zeroloop.selfplay.actor import Actor, ActorStatistics
from zeroloop.selfplay.settings import SelfPlaySettings

__all__ = ["Actor", "ActorStatistics", "SelfPlaySettings"]
