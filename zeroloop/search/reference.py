"""The search for one tree, written to be read: what the native forest must agree with, visit for visit.

Numbers are float32 wherever the forest keeps float32 (edges and nodes), Python floats (double) in the Gumbel formulas;
the order of operations is the forest's too. Leaves are evaluated one at a time; there is no virtual loss.

PUCT: Silver et al. 2018 (AlphaZero). Forced playouts and pruning of the policy target: Wu 2019 (KataGo), section 3.2.
Gumbel: Danihelka et al. 2022. Proven back-ups: Winands et al. 2008 (MCTS-Solver), with draws and returns besides.
Min-max scaling: Schrittwieser et al. 2020 (MuZero), appendix B.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from zeroloop.contracts import Environment, Float32, State
from zeroloop.search.forest import SearchResult
from zeroloop.search.settings import SearchSettings

Evaluate = Callable[[State], tuple[Float32, float]]
"""Logits over the legal actions of one state, float32, and its value for the player to move."""

F = np.float32
ZERO = F(0)
FAR = 1e9  # pushes root actions that sequential halving does not want behind all others


@dataclass
class Edge:
    """One action: its prior, the mean return of its visits for the mover (exact where proven), and what it leads to."""

    action: int
    prior: np.float32
    visits: int = 0
    value: np.float32 = ZERO
    proven: bool = False
    child: "Node | None" = None


@dataclass
class Node:
    """One state. `reward`, `discount`: of the step that leads here. `value`: the evaluator's; `mean`: of value and all
    returns backed up, exact where proven. A node without edges is terminal."""

    state: State
    reward: np.float32
    discount: np.float32
    edges: list[Edge] = field(default_factory=list)
    value: np.float32 = ZERO
    mean: np.float32 = ZERO
    visits: int = 1
    proven: bool = False

    @property
    def edge_visits(self) -> int:
        return self.visits - 1


class ReferenceSearch:
    """One search tree over the plain rules; `search` may be called again and again as the game moves on."""

    def __init__(self, environment: Environment, evaluate: Evaluate, settings: SearchSettings) -> None:
        self.environment, self.evaluate, self.settings = environment, evaluate, settings
        self.root: Node | None = None
        self.noise: Float32 | None = None
        self.simulations = 0
        self._lowest, self._highest = F(np.inf), F(-np.inf)

    def search(
        self, state: State, budget: int | None = None, noise: Float32 | None = None, played: int = -1
    ) -> SearchResult:
        """The result of a search from `state` until its root has `budget` visits (default: num_simulations).

        noise: float32, one per legal action: Dirichlet (PUCT) or Gumbel. played: the action that led here from the root
        of the search before, whose subtree is kept; its visits count.
        """
        budget = budget or self.settings.num_simulations
        root = self._subtree(played) if self.settings.reuse_subtree else None
        if root is None:
            self._lowest, self._highest = F(np.inf), F(-np.inf)
            root = self._expand(state, F(0), F(0))
        self.root, self.noise, self.simulations = root, noise, 0
        self._begin_root(root, budget)
        while root.edges and not root.proven and root.edge_visits < budget:
            self._simulate(root)
            self.simulations += 1
        return self._result(root)

    def _subtree(self, played: int) -> Node | None:
        edges = self.root.edges if self.root else []
        children = [edge.child for edge in edges if edge.action == played]
        return children[0] if children and children[0] and children[0].edges else None

    def _begin_root(self, root: Node, budget: int) -> None:
        self._root_priors = [edge.prior for edge in root.edges]
        self._start_visits = [edge.visits for edge in root.edges]
        if self.settings.root_policy == "gumbel":
            considered = min(self.settings.gumbel_max_considered, len(root.edges))
            self._schedule = halving_schedule(considered, max(0, budget - root.edge_visits))
        elif self.noise is not None:
            share = F(self.settings.noise_fraction)
            for edge, noise in zip(root.edges, self.noise, strict=True):
                edge.prior = (F(1) - share) * edge.prior + share * noise

    # ---- one simulation ---------------------------------------------------------------------------------------------

    def _simulate(self, node: Node) -> tuple[np.float32, bool]:
        """One simulation below `node`. Returns the return of the step that leads to `node`, and whether it is exact."""
        edge = self._select(node)
        if edge.proven:
            value, exact = edge.value, True
        elif edge.child is None:
            edge.child = self._step(node, edge)
            value, exact = edge.child.reward + edge.child.discount * edge.child.mean, edge.child.proven
        elif not edge.child.edges:  # terminal, and proofs are off
            value, exact = edge.child.reward, False
        else:
            value, exact = self._simulate(edge.child)
        decided = self._back_up(node, edge, value, exact)
        return node.reward + node.discount * (node.mean if decided else value), decided

    def _step(self, node: Node, edge: Edge) -> Node:
        transition = self.environment.step(node.state, edge.action)
        return self._expand(transition.state, F(transition.reward), F(transition.discount))

    def _expand(self, state: State, reward: np.float32, discount: np.float32) -> Node:
        actions = list(self.environment.legal_actions(state))
        if not actions:
            return Node(state, reward, discount, proven=self.settings.proofs)
        outcomes = [self._outcome(state, action) for action in actions]
        decided = None not in outcomes or any(o is not None and o >= 1 for o in outcomes)  # needs no evaluation
        logits, value = (np.zeros(len(actions), np.float32), 0.0) if decided else self.evaluate(state)
        node = Node(state, reward, discount, value=F(value), mean=F(value))
        for action, prior, outcome in zip(actions, softmax(logits), outcomes, strict=True):
            node.edges.append(Edge(action, prior, value=outcome or ZERO, proven=outcome is not None))
        self._decide(node)
        if decided:
            node.value = node.mean
        return node

    def _outcome(self, state: State, action: int) -> np.float32 | None:
        """The exact return of an action that ends the episode at once; None for others, and without lookahead."""
        if not (self.settings.proofs and self.settings.lookahead):
            return None
        transition = self.environment.step(state, action)
        return F(transition.reward) if transition.terminal else None

    def _back_up(self, node: Node, edge: Edge, value: np.float32, exact: bool) -> bool:
        """Count a simulation through `edge`; True where the node's exact value is known from now on."""
        node.visits, edge.visits = node.visits + 1, edge.visits + 1
        decided = False
        if exact:
            edge.value, edge.proven = value, True
            decided = self._decide(node)
        else:
            edge.value = edge.value + (value - edge.value) / F(edge.visits)
        if not decided:
            node.mean = node.mean + (value - node.mean) / F(node.visits)
        self._lowest, self._highest = min(self._lowest, edge.value), max(self._highest, edge.value)
        return decided

    def _decide(self, node: Node) -> bool:
        """Prove a node whose proven edges decide it: one reaches the best return, or all are proven."""
        proven = [edge.value for edge in node.edges if edge.proven]
        if not proven or (len(proven) < len(node.edges) and max(proven) < F(self.settings.best_return)):
            return False
        node.proven, node.mean = True, max(proven)
        return True

    # ---- selection --------------------------------------------------------------------------------------------------

    def _select(self, node: Node) -> Edge:
        if self.settings.root_policy == "gumbel":
            return self._select_gumbel_root(node) if node is self.root else self._select_gumbel(node)
        return self._select_puct(node)

    def _select_puct(self, node: Node) -> Edge:
        """The edge with the highest q + c_puct * prior * sqrt(node visits) / (1 + visits); proven edges: q alone.

        First-play urgency: unvisited edges take the node's mean less a share that grows with the visited prior mass.
        """
        if node is self.root and self._forcing:
            for edge in node.edges:
                if not edge.proven and 0 < edge.visits < self._forced_visits(edge):
                    return edge
        visited_mass = F(0)
        for edge in node.edges:
            visited_mass += edge.prior if edge.visits else F(0)
        first_play = self._scaled(node.mean) - F(self.settings.fpu_reduction) * np.sqrt(visited_mass)
        explore = F(self.settings.c_puct) * np.sqrt(F(node.visits))

        def score(edge: Edge) -> np.float32:
            if edge.proven:
                return self._scaled(edge.value)
            q = self._scaled(edge.value) if edge.visits else first_play
            return F(q + explore * edge.prior / F(1 + edge.visits))

        return max(node.edges, key=score)  # the first of equals

    @property
    def _forcing(self) -> bool:
        return self.settings.forced_playouts > 0 and self.noise is not None

    def _forced_visits(self, edge: Edge) -> np.float32:
        """sqrt(k * prior * visits) root visits that a visited action gets at least (Wu 2019, section 3.2)."""
        assert self.root
        return F(np.sqrt(F(self.settings.forced_playouts) * edge.prior * F(self.root.edge_visits)))

    def _scaled(self, value: np.float32) -> np.float32:
        if self.settings.value_range != "minmax" or not self._highest > self._lowest:
            return value
        return (value - self._lowest) / (self._highest - self._lowest)

    # ---- Gumbel -----------------------------------------------------------------------------------------------------

    def _select_gumbel_root(self, root: Node) -> Edge:
        """Of the edges with the visit count that sequential halving asks for, the one with the highest score."""
        wanted = self._schedule[self.simulations]
        scores = self._root_scores(root)
        penalties = [0.0 if fresh == wanted else FAR for fresh in self._fresh_visits(root)]
        return root.edges[_argmax([score - penalty for score, penalty in zip(scores, penalties, strict=True)])]

    def _fresh_visits(self, root: Node) -> list[int]:
        return [edge.visits - start for edge, start in zip(root.edges, self._start_visits, strict=True)]

    def _root_scores(self, root: Node) -> list[float]:
        """g + logit + sigma(completed q): g is the Gumbel noise."""
        noise = [0.0] * len(root.edges) if self.noise is None else [float(g) for g in self.noise]
        logits = [math.log(_positive(prior)) for prior in self._root_priors]
        return [_sum(parts) for parts in zip(noise, logits, self._sigma(root), strict=True)]

    def _select_gumbel(self, node: Node) -> Edge:
        """The interior rule: visit counts follow the improved policy (Danihelka 2022, equation 14)."""
        policy = self._improved_policy(node, [edge.prior for edge in node.edges])
        total = sum(edge.visits for edge in node.edges)
        return node.edges[_argmax([p - e.visits / (1.0 + total) for p, e in zip(policy, node.edges, strict=True)])]

    def _improved_policy(self, node: Node, priors: list[np.float32]) -> list[float]:
        """softmax(logits + sigma(completed q)), equation 11; the priors are softmax(logits)."""
        sigmas = self._sigma(node)
        weights = [_positive(prior) * math.exp(s - max(sigmas)) for prior, s in zip(priors, sigmas, strict=True)]
        total = _sum(weights)
        return [weight / total for weight in weights]

    def _sigma(self, node: Node) -> list[float]:
        """(c_visit + most visits) * c_scale * completed q, with q in [0, 1]; unvisited edges take the mixed value of
        equation 33: the evaluator's value and the prior-weighted mean of visited edges."""
        visited = [edge for edge in node.edges if edge.visits]
        total = sum(edge.visits for edge in visited)
        mixed = float(node.value)
        if visited:
            mass = _sum(float(edge.prior) for edge in visited)
            weighted = _sum(float(edge.prior) * float(edge.value) for edge in visited)
            mixed = (float(node.value) + total * (weighted / mass)) / (1 + total)
        most = max(edge.visits for edge in node.edges)
        factor = (float(F(self.settings.gumbel_c_visit)) + most) * float(F(self.settings.gumbel_c_scale))
        completed = [float(edge.value) if edge.visits or edge.proven else mixed for edge in node.edges]
        return [factor * self._unit_scaled(value) for value in completed]

    def _unit_scaled(self, value: float) -> float:
        if self.settings.value_range != "minmax":
            return (value + 1.0) / 2.0
        lowest, highest = float(self._lowest), float(self._highest)
        return (value - lowest) / (highest - lowest) if highest > lowest else value

    # ---- results ----------------------------------------------------------------------------------------------------

    def _result(self, root: Node) -> SearchResult:
        edges = root.edges
        return SearchResult(
            offsets=np.array([0, len(edges)], np.int32),
            actions=np.array([edge.action for edge in edges], np.int32),
            visit_counts=np.array([edge.visits for edge in edges], np.int32),
            action_values=np.array([edge.value for edge in edges], np.float32),
            priors=np.array(self._root_priors, np.float32),
            action_weights=np.array(self._action_weights(root) if edges else [], np.float32),
            root_values=np.array([root.mean], np.float32),
            raw_values=np.array([root.value], np.float32),
            proven=np.array([root.mean if root.proven else np.nan], np.float32),
            simulations=np.array([self.simulations], np.int32),
            chosen=np.array([self._best_edge(root).action if edges else -1], np.int32),
        )

    def _action_weights(self, root: Node) -> list[float]:
        """The policy target: improved policy (Gumbel) or pruned visit counts (PUCT), zero where a proof excludes."""
        if self.settings.root_policy == "gumbel":
            weights = self._improved_policy(root, self._root_priors)
        else:
            weights = [float(visits) for visits in self._pruned_visits(root)]
        kept = [not self._excluded(root, edge) for edge in root.edges]
        weights = [weight if keep else 0.0 for weight, keep in zip(weights, kept, strict=True)]
        if _sum(weights) <= 0:
            weights = [float(keep) for keep in kept]
        return [weight / _sum(weights) for weight in weights]

    def _excluded(self, root: Node, edge: Edge) -> bool:
        """Worse than the proven value of the root, or proven to reach the worst return."""
        if root.proven:
            return not edge.proven or bool(edge.value < root.mean)
        return edge.proven and bool(edge.value <= -F(self.settings.best_return))

    def _pruned_visits(self, root: Node) -> list[int]:
        """Visit counts without forced playouts that PUCT alone would not have made (Wu 2019, section 3.2)."""
        open_edges = [edge for edge in root.edges if not edge.proven]
        if not self._forcing or not open_edges or root.proven:
            return [edge.visits for edge in root.edges]
        best = max(open_edges, key=lambda edge: edge.visits)
        explore = F(self.settings.c_puct) * np.sqrt(F(root.visits))

        def score(edge: Edge, visits: int) -> np.float32:
            return F(self._scaled(edge.value) + explore * edge.prior / F(1 + visits))

        def pruned(edge: Edge) -> int:
            if edge is best or edge.proven:
                return edge.visits
            visits, least = edge.visits, edge.visits - math.ceil(self._forced_visits(edge))
            while visits > max(0, least) and score(edge, visits - 1) < score(best, best.visits):
                visits -= 1
            return 0 if visits == 1 else visits

        return [pruned(edge) for edge in root.edges]

    def _best_edge(self, root: Node) -> Edge:
        """The action to play: the best open or the best proven edge, whichever promises more."""
        score = dict(zip(map(id, root.edges), self._final_scores(root), strict=True))
        open_edges = [edge for edge in root.edges if not edge.proven]
        proven = max((edge for edge in root.edges if edge.proven), key=lambda e: (e.value, score[id(e)]), default=None)
        if not open_edges or (proven and root.proven):
            assert proven
            return proven
        best = max(open_edges, key=lambda e: score[id(e)])
        hope = best.value if best.visits else -self.settings.best_return
        return proven if proven and proven.value > hope else best

    def _final_scores(self, root: Node) -> list[float]:
        """Visits, ties broken by value (PUCT); the root scores of the edges visited most now (Gumbel)."""
        if self.settings.root_policy == "gumbel" and self._schedule:
            fresh = self._fresh_visits(root)
            penalties = [0.0 if visits == max(fresh) else FAR for visits in fresh]
            return [score - penalty for score, penalty in zip(self._root_scores(root), penalties, strict=True)]
        return [edge.visits + (float(edge.value) + 2.0) * 1e-3 for edge in root.edges]


def softmax(logits: Float32) -> list[np.float32]:
    """The softmax in double, rounded to float32; exactly uniform where all logits are equal."""
    if min(logits) == max(logits):
        return [F(1) / F(len(logits))] * len(logits)
    weights = [math.exp(logit - max(logits)) for logit in logits]
    total = _sum(weights)
    return [F(weight / total) for weight in weights]


def halving_schedule(considered: int, simulations: int) -> list[int]:
    """For each simulation, the visits that the root action to be visited next has had (Danihelka 2022, figure 1).

    Rounds of equal length; each visits the actions still in play equally often, then drops the worse half of them.
    """
    if considered <= 1:
        return list(range(simulations))
    rounds = math.ceil(math.log2(considered))
    schedule: list[int] = []
    visits = [0] * considered
    while len(schedule) < simulations:
        for _ in range(max(1, simulations // (rounds * considered))):
            schedule += visits[:considered]
            visits[:considered] = [v + 1 for v in visits[:considered]]
        considered = max(2, considered // 2)
    return schedule[:simulations]


def _positive(prior: np.float32) -> float:
    return max(float(prior), 1e-30)


def _argmax(numbers: list[float]) -> int:
    return max(range(len(numbers)), key=numbers.__getitem__)


def _sum(numbers: Iterable[float]) -> float:
    """The sum from left to right, each step rounded (Python 3.12 made `sum` of floats more exact than that)."""
    total = 0.0
    for number in numbers:
        total += number
    return total
