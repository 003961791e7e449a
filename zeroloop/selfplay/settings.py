"""Settings of self-play."""

from pydantic import BaseModel, ConfigDict, Field


class SelfPlaySettings(BaseModel):
    """How games are played for training. The full search's simulations are `search.num_simulations`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actors: int = Field(2, ge=1)
    """Independent actors, each with its own games, random stream and evaluation cache; one per core is enough."""
    processes: bool | None = None
    """Whether each actor plays in a process of its own; none: where actors side by side would wait for each other,
    because the rules are written in Python and hold its lock. The games are the same."""
    games_per_actor: int = Field(192, ge=1)
    """Games that an actor plays at once: its largest network batch."""
    moves_per_iteration: int = Field(16_000, ge=1)
    """Moves that all actors together make before new weights arrive."""
    full_search_fraction: float = Field(0.25, gt=0, le=1)
    """Share of moves searched in full, with noise, and recorded (playout-cap randomisation, Wu 2019, section 3.1)."""
    fast_simulations: int = Field(16, ge=1)
    """Simulations of the other moves, which are not recorded as policy targets."""
    record_proven: bool = True
    """Also record moves of fast searches that proved a win or draw: their policy and value are exact."""
    temperature_plies: int = Field(14, ge=0)
    """Plies in which moves are drawn at temperature 1; later moves are the best ones."""
    opening_fraction: float = Field(0.5, ge=0, le=1)
    """Share of games that start after random moves."""
    opening_plies: int = Field(12, ge=1)
    """Most random moves at the start of such a game; their number is uniform in 1..opening_plies."""
    curriculum: bool = False
    """Begin with the easiest tasks, and draw harder ones of a sort as its tasks are solved; of environments whose tasks
    have difficulties."""
    demonstrations: float = Field(0.0, ge=0, lt=1)
    """Share of all moves that are those of classical solvers on tasks of every difficulty, learned from like searched
    ones (Fawzi et al. 2022, "synthetic demonstrations"); of environments that know solutions. 0: from zero."""
    archive_fraction: float = Field(0.0, ge=0, le=1)
    """Share of games that start at a random position of an earlier game (Trudeau and Bowling 2023)."""
    archive_games: int = Field(2_000, ge=1)
    """Earlier games that an actor remembers for this."""
