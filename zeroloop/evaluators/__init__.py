"""Evaluators: leaves -> (logits over legal actions, values). Fast ones share one rule: the answer for a row never
depends on the rows beside it."""
