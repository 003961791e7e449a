"""Laws that every environment obeys, as a test class.

    class TestMyGame(EnvironmentConformance):
        environment = my_game.environment()

in a file that pytest collects checks them all over seeded random play.
"""

import json
import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from zeroloop import _native
from zeroloop.contracts import Action, BatchEnvironment, Environment, Int32, State, Transition
from zeroloop.errors import IllegalActionError
from zeroloop.observers import ACTION_TOKENS, ANCHORS, PlanesEnvironment, TokenEnvironment, TokensObserver
from zeroloop.search.slots import batch_environment
from zeroloop.seeding import stream
from zeroloop.vocabulary import SYMBOLS


class EnvironmentConformance:
    """The laws of contracts.Environment and contracts.BatchEnvironment, one test each.

    Set `environment`; where its starts differ by task, also `tasks`, and `image_of_start` if it has symmetries.
    episodes: random episodes per test. max_steps: an episode is cut off there.
    """

    environment: ClassVar[Environment]
    tasks: ClassVar[Sequence[dict[str, Any] | None]] = (None,)
    episodes: ClassVar[int] = 24
    max_steps: ClassVar[int] = 200

    def image_of_start(self, task: dict[str, Any] | None, symmetry: int) -> State | None:
        """The start of `task` on the transformed board; None where there is none, and the law is not tested.

        By default the start itself, where it looks the same under the symmetry (an empty board).
        """
        state = self.environment.initial_state(task)
        return state if self.shown(state) == self.shown(state, symmetry) else None

    # Laws of Environment.

    def test_it_says_what_it_is(self) -> None:
        environment = self.environment
        assert isinstance(environment, Environment)
        assert environment.name and environment.version >= 1
        assert environment.num_players in (1, 2)
        assert isinstance(environment, PlanesEnvironment | TokenEnvironment), "networks cannot see it"
        if isinstance(environment, PlanesEnvironment):
            assert len(environment.observation_shape) == 3 and min(environment.observation_shape) >= 1
        maps = environment.symmetries
        assert maps.dtype == np.int32 and maps.ndim == 2 and maps.shape[1] == environment.num_actions
        assert (maps[0] == np.arange(environment.num_actions)).all(), "symmetry 0 must be the identity"
        assert (np.sort(maps) == maps[0]).all(), "each symmetry must permute the actions"

    def test_step_is_pure(self) -> None:
        for state, action in self.moves():
            before = self.facts(state)
            first, second = self.environment.step(state, action), self.environment.step(state, action)
            assert self.facts(state) == before, "step changed the state it was given"
            assert first[1:] == second[1:] and self.facts(first.state) == self.facts(second.state)

    def test_legal_actions_are_ascending_and_end_with_the_episode(self) -> None:
        for state, action in self.moves():
            legal = list(self.environment.legal_actions(state))
            assert legal == sorted(set(legal)), f"not ascending: {legal}"
            assert legal == list(self.environment.legal_actions(state)), "not deterministic"
            assert not self.environment.num_actions or legal[-1] < self.environment.num_actions
            after = self.environment.step(state, action)
            assert after.terminal == (not self.environment.legal_actions(after.state))

    def test_discounts(self) -> None:
        for state, action in self.moves():
            after = self.environment.step(state, action)
            if after.terminal:
                assert after.discount == 0
            elif self.environment.num_players == 2:
                assert after.discount == -1
            else:
                assert 0 < after.discount <= 1

    def test_returns_are_values(self) -> None:
        lowest = -1 if self.environment.num_players == 2 else 0
        for walk in self.walks():
            total = 0.0
            for transition in reversed([self.environment.step(*move) for move in walk]):
                total = transition.reward + transition.discount * total
                assert lowest - 1e-9 <= total <= 1 + 1e-9, f"return {total} out of [{lowest}, 1]"

    def test_equal_keys_mean_equal_states(self) -> None:
        seen: dict[Hashable, Any] = {}
        for state in self.states():
            key = self.environment.key(state)
            assert seen.setdefault(key, self.looks(state)) == self.looks(state), f"states differ under key {key!r}"

    def test_equal_states_have_equal_keys(self) -> None:
        seen: dict[Any, Hashable] = {}
        for state in [*self.states(), *self.transpositions()]:
            key = self.environment.key(state)
            assert seen.setdefault(self.looks(state), key) == key, "one state has two keys"

    def test_symmetries_commute_with_play(self) -> None:
        for state, image, symmetry in self.images():
            assert self.shown(state, symmetry) == self.shown(image)
            legal, there = self.environment.legal_actions(state), self.environment.legal_actions(image)
            assert sorted(self.environment.symmetries[symmetry][list(legal)].tolist()) == list(there)
            for action in legal:
                here = self.environment.step(state, action)
                mapped = int(self.environment.symmetries[symmetry][action])
                assert here[1:] == self.environment.step(image, mapped)[1:]

    def test_text(self) -> None:
        for state in self.states():
            text = self.environment.describe(state)
            assert text.strip() and text == self.environment.describe(state)
            names = {self.environment.action_name(state, a): a for a in self.environment.legal_actions(state)}
            assert len(names) == len(self.environment.legal_actions(state)), "two actions have one name"
            for name, action in names.items():
                assert self.environment.parse_action(state, f" {name} ") == action
            self.refused(lambda state=state: self.environment.parse_action(state, "no such action"))

    def test_illegal_actions_are_refused(self) -> None:
        for state in self.states():
            legal = self.environment.legal_actions(state)
            for action in {*range(-1, self.environment.num_actions + 1), -(10**6), 10**6} - {*legal}:
                self.refused(lambda state=state, action=action: self.environment.step(state, action))

    def test_tasks_are_plain_json(self) -> None:
        for task in self.tasks:
            again = self.environment.initial_state(json.loads(json.dumps(task)))
            assert self.facts(again) == self.facts(self.environment.initial_state(task))

    # Laws of PlanesEnvironment, where it is one.

    def test_observations(self) -> None:
        if not isinstance(self.environment, PlanesEnvironment):
            return
        for state in self.states():
            planes = self.environment.observe(state)
            assert planes.shape == self.environment.observation_shape and planes.dtype == np.float32
            assert planes.flags.c_contiguous and np.isfinite(planes).all()
            kept = planes.copy()
            planes += 1
            assert np.array_equal(self.environment.observe(state), kept), "observations share memory"

    # Laws of TokenEnvironment, where it is one.

    def test_tokens_fit_the_vocabulary_and_tell_states_apart(self) -> None:
        if not isinstance(self.environment, TokenEnvironment):
            return
        environment, seen = self.environment, dict[Hashable, Hashable]()
        for state in self.states():
            tokens = environment.tokens(state)
            assert tokens.dtype == np.int16 and tokens.ndim == 2 and tokens.shape[1] == 3
            assert 1 <= len(tokens) <= environment.num_tokens
            assert tokens[:, 0].min() > 0 and tokens[:, 0].max() < len(SYMBOLS) and tokens[:, 1:].min() >= 0
            described = []
            for action in environment.legal_actions(state):
                symbols, anchors = environment.action_tokens(state, action)
                assert 1 <= len(symbols) <= ACTION_TOKENS and all(0 < symbol < len(SYMBOLS) for symbol in symbols)
                assert len(anchors) <= ANCHORS and all(0 <= anchor < len(tokens) for anchor in anchors)
                described.append((tuple(symbols), tuple(anchors)))
            assert len(set(described)) == len(described), "each action is described in a way of its own"
            key = environment.key(state)
            assert seen.setdefault((tokens.tobytes(), *described), key) == key, "different states look different"

    def test_tokens_turn_as_observations_do(self) -> None:
        if not isinstance(self.environment, TokenEnvironment):
            return
        environment = self.environment
        for task in self.tasks:
            for symmetry in range(len(environment.symmetries)):
                start = environment.initial_state(task)
                image = self.image_of_start(task, symmetry)
                if image is None:
                    continue
                assert np.array_equal(environment.tokens(start, symmetry), environment.tokens(image))
                for action in environment.legal_actions(start):
                    turned = int(environment.symmetries[symmetry, action])
                    found = environment.action_tokens(start, action, symmetry)
                    expected = environment.action_tokens(image, turned)
                    assert [[*part] for part in found] == [[*part] for part in expected]

    def test_a_batch_of_tokens_holds_the_tokens_of_each_state(self) -> None:
        if not isinstance(self.environment, TokenEnvironment):
            return
        environment, observer = self.environment, TokensObserver.of(self.environment)
        states = list(self.states())[:60]
        batch = batch_environment(environment, len(states))
        symmetries = np.arange(len(states)) % len(environment.symmetries)
        for slot, state in enumerate(states):
            batch.write(slot, state)
        out = np.full((len(states), *observer.shape), 99, np.int16)
        observer(batch, np.arange(len(states), dtype=np.int32), symmetries.astype(np.uint8), out)
        fields = observer.fields(out)
        for row, (state, symmetry) in enumerate(zip(states, symmetries.tolist(), strict=True)):
            tokens = environment.tokens(state, symmetry)
            assert np.array_equal(fields.tokens[row, : len(tokens)], tokens[:, 0])
            assert np.array_equal(fields.coordinates[row, : len(tokens)], tokens[:, 1:])
            assert not fields.tokens[row, len(tokens) :].any()
            legal = environment.legal_actions(state)
            places = [int(environment.symmetries[symmetry, action]) for action in legal]
            assert np.flatnonzero(fields.action_tokens[row, :, 0]).tolist() == sorted(places)
            for place, action in zip(places, legal, strict=True):
                symbols, anchors = environment.action_tokens(state, action, symmetry)
                assert fields.action_tokens[row, place, : len(symbols)].tolist() == [*symbols]
                assert fields.anchors[row, place].tolist() == [*anchors, -1, -1][:ANCHORS]

    # Laws of BatchEnvironment.

    def test_batch_plays_by_the_same_rules(self) -> None:
        for lookahead in (True, False):
            walks = self.walks()
            batch = batch_environment(self.environment, 2 * len(walks), lookahead)
            self.fill(batch, [walk[0][0] for walk in walks])
            for step in range(max(map(len, walks))):
                rows = [row for row, walk in enumerate(walks) if step < len(walk)]
                # Odd and even steps use different halves of the slots: a parent survives its child.
                here, there = (len(walks) * (step % 2), len(walks) * (1 - step % 2))
                actions = [walks[row][step][1] for row in rows]
                slots = [there + row for row in rows]
                leaves = batch.expand(_request([here + row for row in rows], actions, slots))
                transitions = [self.environment.step(*walks[row][step]) for row in rows]
                self.check_rows(leaves, transitions, lookahead)
                self.check_slots(batch, slots, [transition.state for transition in transitions])

    def test_batch_copies_without_a_step(self) -> None:
        states = list(self.states())
        batch = batch_environment(self.environment, 2 * len(states))
        self.fill(batch, states)
        copies = list(range(len(states), 2 * len(states)))
        leaves = batch.expand(_request(range(len(states)), [-1] * len(states), copies))
        assert (leaves.rewards == 0).all()
        self.check_legal(leaves.all_offsets, leaves.all_actions, states)
        self.check_slots(batch, copies, states)

    def test_batch_keys_name_canonical_states(self) -> None:
        states = [*self.states(), *(state for pair in self.images() for state in pair[:2])]
        batch = batch_environment(self.environment, len(states))
        self.fill(batch, states)
        keys, symmetries = batch.keys(np.arange(len(states), dtype=np.int32))
        assert keys.dtype == np.uint64 and symmetries.dtype == np.uint8
        seen: dict[int, Any] = {}
        by_state: dict[Hashable, int] = {}
        for state, key, symmetry in zip(states, keys.tolist(), symmetries.tolist(), strict=True):
            canonical = self.shown(state, symmetry)
            assert seen.setdefault(key, canonical) == canonical, "different canonical states share a batch key"
            assert by_state.setdefault(self.environment.key(state), key) == key, "one state has two batch keys"
        assert len(set(seen.values())) == len(seen), "one canonical state has two batch keys"

    def test_batch_keys_are_equal_for_images_where_symmetries_are_used(self) -> None:
        pairs = [(state, image) for state, image, _ in self.images()]
        if not pairs:
            return
        batch = batch_environment(self.environment, len(pairs))
        slots = np.arange(len(pairs), dtype=np.int32)
        self.fill(batch, [state for state, _ in pairs])
        keys, symmetries = batch.keys(slots)
        self.fill(batch, [image for _, image in pairs])
        assert not symmetries.any() or np.array_equal(keys, batch.keys(slots)[0])

    def test_rollouts_do_not_depend_on_the_batch(self) -> None:
        states = list(self.states())
        batch = batch_environment(self.environment, len(states))
        rollout = getattr(batch, "rollout", None)
        if rollout is None:
            return
        self.fill(batch, states)
        values = rollout(np.arange(len(states), dtype=np.int32), 7)
        assert values.dtype == np.float32 and (np.abs(values) <= 1).all()
        alone = [rollout(np.array([slot], np.int32), 7)[0] for slot in range(len(states))]
        assert values.tolist() == alone

    # What the laws are checked on.

    def walks(self) -> list[list[tuple[State, Action]]]:
        """Seeded random episodes as lists of (state, action)."""
        rng = stream(0, "conformance", self.environment.name)
        found: list[list[tuple[State, Action]]] = []
        for episode in range(self.episodes):
            state = self.environment.initial_state(self.tasks[episode % len(self.tasks)])
            walk: list[tuple[State, Action]] = []
            while (legal := self.environment.legal_actions(state)) and len(walk) < self.max_steps:
                walk.append((state, int(rng.choice(legal))))
                state = self.environment.step(*walk[-1]).state
            found.append(walk)
        return found

    def moves(self) -> Iterator[tuple[State, Action]]:
        """All (state, action) of the random episodes."""
        for walk in self.walks():
            yield from walk

    def states(self) -> Iterator[State]:
        """All states of the random episodes, the last ones too."""
        for walk in self.walks():
            yield from (state for state, _ in walk)
            yield self.environment.step(*walk[-1]).state

    def transpositions(self) -> Iterator[State]:
        """States reached by three actions of an episode, and by the same three in other orders."""
        for walk in self.walks():
            for begin in range(0, len(walk) - 2, 3):
                a, b, c = (action for _, action in walk[begin : begin + 3])
                for order in ((a, b, c), (c, b, a), (b, c, a)):
                    state = walk[begin][0]
                    for action in order:
                        if action not in self.environment.legal_actions(state):
                            break
                        state = self.environment.step(state, action).state
                    else:
                        yield state

    def images(self) -> Iterator[tuple[State, State, int]]:
        """(state, image, symmetry) of random episodes played on the board and on its image at once."""
        maps = self.environment.symmetries
        for symmetry in range(len(maps)):
            rng = stream(0, "conformance", self.environment.name, symmetry)
            for task in self.tasks:
                state, image = self.environment.initial_state(task), self.image_of_start(task, symmetry)
                for _ in range(self.max_steps if image is not None else 0):
                    yield state, image, symmetry
                    if not (legal := self.environment.legal_actions(state)):
                        break
                    action = int(rng.choice(legal))
                    state = self.environment.step(state, action).state
                    image = self.environment.step(image, int(maps[symmetry][action])).state

    def facts(self, state: State) -> Any:
        """What identifies a state to the outside."""
        return self.environment.key(state), self.looks(state)

    def looks(self, state: State) -> Any:
        """Observation, legal actions, and the same of what follows: states alike in this are taken for equal."""
        legal = tuple(self.environment.legal_actions(state))
        after = [self.environment.step(state, action) for action in legal]
        children = tuple((*step[1:], self.shown(step.state)) for step in after)
        return self.shown(state), legal, children

    def shown(self, state: State, symmetry: int = 0) -> bytes:
        """What a network is shown of a state: its planes, or where it has none its tokens and actions."""
        if isinstance(self.environment, PlanesEnvironment):
            return self.environment.observe(state, symmetry).tobytes()
        assert isinstance(self.environment, TokenEnvironment)
        legal = self.environment.legal_actions(state)
        actions = sorted(self.environment.action_tokens(state, action, symmetry) for action in legal)
        return self.environment.tokens(state, symmetry).tobytes() + repr(actions).encode()

    # How batches are compared with plain rules.

    def fill(self, batch: BatchEnvironment, states: Sequence[State]) -> None:
        for slot, state in enumerate(states):
            batch.write(slot, state)

    def check_rows(self, leaves: Any, transitions: Sequence[Transition], lookahead: bool) -> None:
        """Rewards, discounts, endings, legal actions, lookahead and live rows of an expansion."""
        assert leaves.environment.environment is self.environment
        assert leaves.rewards.tolist() == [np.float32(t.reward) for t in transitions]
        assert leaves.discounts.tolist() == [np.float32(t.discount) for t in transitions]
        assert leaves.terminals.tolist() == [t.terminal for t in transitions]
        self.check_legal(leaves.all_offsets, leaves.all_actions, [t.state for t in transitions])
        outcomes = [self.outcomes(t.state) for t in transitions]
        flat = [value for row in outcomes for value in row] if lookahead else [math.nan] * len(leaves.outcomes)
        np.testing.assert_array_equal(leaves.outcomes, np.array(flat, np.float32))
        live = [not t.terminal for t in transitions]
        if lookahead:
            live = [any(map(math.isnan, row)) and not any(value >= 1 for value in row) for row in outcomes]
        assert leaves.slots.tolist() == leaves.all_slots[np.array(live, np.bool_)].tolist()
        self.check_legal(
            leaves.offsets, leaves.actions, [t.state for t, on in zip(transitions, live, strict=True) if on]
        )

    def outcomes(self, state: State) -> list[float]:
        """The exact return of each legal action that ends the episode at once, NaN for the others."""
        after = [self.environment.step(state, action) for action in self.environment.legal_actions(state)]
        return [step.reward if step.terminal else math.nan for step in after]

    def check_legal(self, offsets: Int32, actions: Int32, states: Sequence[State]) -> None:
        legal = [list(self.environment.legal_actions(state)) for state in states]
        assert offsets.tolist() == np.cumsum([0, *map(len, legal)]).tolist()
        assert actions.tolist() == [action for row in legal for action in row]

    def check_slots(self, batch: BatchEnvironment, slots: Sequence[int], states: Sequence[State]) -> None:
        """States read back, legal actions and observations under every symmetry."""
        for slot, state in zip(slots, states, strict=True):
            assert self.environment.key(batch.read(slot)) == self.environment.key(state)
        rows = np.array(slots, np.int32)
        self.check_legal(*batch.legal(rows), states)
        if not isinstance(self.environment, PlanesEnvironment):
            return
        for symmetry in range(len(self.environment.symmetries)):
            out = np.full((len(rows), *self.environment.observation_shape), np.nan, np.float32)
            batch.observe(rows, np.full(len(rows), symmetry, np.uint8), out)
            assert np.array_equal(out, np.array([self.environment.observe(state, symmetry) for state in states]))

    def refused(self, call: Any) -> None:
        """Asserts that the call raises IllegalActionError with a message."""
        try:
            call()
        except IllegalActionError as error:
            assert str(error).strip()
        else:
            raise AssertionError("an illegal action was accepted")


def _request(parents: Sequence[int], actions: Sequence[int], slots: Sequence[int]) -> _native.Request:
    return _native.Request(*(np.array(part, np.int32) for part in (parents, actions, slots)))
