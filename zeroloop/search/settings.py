"""Settings of the search, with their units and sources."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SearchSettings(BaseModel):
    """How one search runs. Defaults suit two-player board games on a CPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_simulations: int = Field(128, ge=1)
    """Visits that the root has when a search ends; visits carried over by subtree reuse count."""
    root_policy: Literal["puct", "gumbel"] = "puct"
    """`puct`: AlphaZero (Silver et al. 2018). `gumbel`: sequential halving (Danihelka et al. 2022)."""
    c_puct: float = Field(1.5, gt=0)
    """Exploration constant in `q + c_puct * prior * sqrt(parent visits) / (1 + visits)`."""
    fpu_reduction: float = Field(0.25, ge=0)
    """Unvisited actions start at `node value - fpu_reduction * sqrt(visited prior mass)`."""
    noise_fraction: float = Field(0.25, ge=0, le=1)
    """Share of Dirichlet noise in the root prior (PUCT, only where the caller asks for noise)."""
    noise_concentration: float = Field(7.0, gt=0)
    """Sum of the Dirichlet parameters: each of n legal actions gets `noise_concentration / n`."""
    forced_playouts: float = Field(0.0, ge=0)
    """k of KataGo's forced root playouts (Wu 2019, section 3.2); 0 switches them and target pruning off."""
    gumbel_max_considered: int = Field(16, ge=1)
    """Root actions that sequential halving starts with."""
    gumbel_c_visit: float = Field(50.0, ge=0)
    gumbel_c_scale: float = Field(1.0, gt=0)
    """sigma(q) = (c_visit + max visits) * c_scale * q, with q scaled to [0, 1] (Danihelka 2022, equation 8)."""
    proofs: bool = True
    """Back up proven wins, losses and draws (Winands et al. 2008); a proven root ends its search."""
    lookahead: bool = True
    """Environments report which actions end the episode at once, so that these need no simulation to be proven."""
    best_return: float = Field(1.0, gt=0, le=1)
    """The largest possible return: a proven action that reaches it decides its node."""
    value_range: Literal["fixed", "minmax"] = "fixed"
    """`minmax` rescales action values by the smallest and largest seen in the tree (Schrittwieser 2020, appendix B)."""
    reuse_subtree: bool = True
    leaves_per_tree: int = Field(1, ge=1)
    """Leaves collected per tree before an evaluation, kept apart by virtual loss."""
    virtual_loss: float = Field(1.0, ge=0)
    max_nodes: int = Field(0, ge=0)
    """Nodes that one tree may hold; 0 means num_simulations + 2."""
    max_depth: int = Field(512, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> "SearchSettings":
        if 0 < self.max_nodes <= self.num_simulations:
            raise ValueError(
                f"max_nodes is {self.max_nodes}, but a tree of num_simulations = {self.num_simulations} needs "
                f"{self.num_simulations + 1}; raise it, or set 0 to size it by itself"
            )
        return self
