"""What the scorers of reasoning-gym's data sets are worth, measured by `zeroloop bench data_sets` (decision 0028).

A data set is judged where a score of 1 is given to right answers alone, and refused otherwise. What a scorer gives to
others, from 0 to 0.99, says nothing here: it is below 1, and wrong.
"""

ONE, VALUE, ANY = "the text of the data set", "the value, however it is written", "any answer right by the rules"

_JUDGED = {
    ONE: """ab acre aiw arc_1d arc_agi base_conversion basic_arithmetic bf binary_alternation binary_matrix
        caesar_cipher circuit_logic color_cube_rotation count_bits count_primes course_schedule dice emoji_mystery
        family_relationships futoshiki gcd isomorphic_strings largest_island lcm leg_counting letter_counting
        list_functions mahjong_puzzle manipulate_matrix maze mini_sudoku modulo_grid needle_haystack
        number_filtering number_sequence path_star ransom_note rearc rotate_matrix rotten_oranges self_reference
        sentence_reordering simple_equations simple_geometry spell_backward spiral_matrix string_insertion
        string_manipulation string_splitting string_synthesis sudoku survo syllogism tsumego word_sequence_reversal
        zebra_puzzles""",
    VALUE: """bitwise_arithmetic calendar_arithmetic chain_sum complex_arithmetic decimal_chain_sum
        fraction_simplification group_anagrams gsm_symbolic palindrome_partitioning polynomial_equations
        prime_factorization products rectangle_count""",
    ANY: """cryptarithm graph_color jugs kakurasu knight_swap n_queens palindrome_generation quantum_lock rubiks_cube
        shortest_path tower_of_hanoi word_ladder""",
}
JUDGED: dict[str, str] = {name: what for what, names in _JUDGED.items() for name in names.split()}
"""Data sets, and what counts as right in each."""

_EVALUATES = "its scorer evaluates answers as programs (sympy.parse_expr)"
REFUSED: dict[str, str] = {
    "advanced_geometry": "its scorer accepts other digits after the third, and what follows the second number",
    "boxnet": "it has no right answer to compare with, and its scorer passes over moves that are not possible",
    "codeio": "its scorer compares trees of texts, in which 1 and '1' are alike",
    "coin_flip": "its scorer accepts numbers that are up to 0.0001 from the right one",
    "composite": "it is a mixture of data sets; name one of them",
    "countdown": f"{_EVALUATES}, and accepts values near the target",
    "decimal_arithmetic": "its scorer accepts other last digits",
    "figlet_font": "its scorer gives a full score for ten right letters, whatever the others are",
    "game_of_life": "its scorer passes over cells that are too many",
    "game_of_life_halting": "its scorer accepts any text, as bool('False') is true",
    "intermediate_integration": _EVALUATES,
    "knights_knaves": "its scorer finds names and roles in any text",
    "letter_jumble": "its scorer passes over words that are too many",
    "number_format": "its scorer accepts numbers that are up to 0.01 from the right one",
    "number_sorting": "its scorer accepts numbers that are up to 1 from the right ones",
    "polynomial_multiplication": _EVALUATES,
    "pool_matrix": "its scorer accepts numbers that are up to 1 % from the right ones",
    "power_function": "its scorer rounds the answer to three digits, too, so that 1.2349 is right for 1.2251",
    "propositional_logic": "its scorer takes what it cannot read for a variable, and a premise for a conclusion",
    "puzzle24": f"{_EVALUATES}, and accepts 24.9 and other numbers than the given ones",
    "rush_hour": "it has no right answer to compare with, and its scorer finds moves in any text",
    "simple_integration": _EVALUATES,
    "sokoban": "its scorer passes over moves that are not possible, and over what is no move",
    "time_intervals": "its scorer passes over what follows a number of days, and reads 9.84 s as 9.084",
    "word_sorting": "its scorer passes over words that are too many",
}
"""Data sets, and why their scores cannot be trusted, or not be asked for."""

_NUMBER = r"\d{1,12}(\.\d{1,6})?"
_GROUPED = r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?"
_COMPLEX = rf"-?({_NUMBER}( ?[+-] ?({_NUMBER})?i)?|({_NUMBER})?i)"
FORMS: dict[str, str] = {
    "binary_matrix": r"[0-9 \n]+",
    "chain_sum": _GROUPED,
    "complex_arithmetic": rf"{_COMPLEX}|\({_COMPLEX}\)",
    "cryptarithm": r"(?!.{0,99}([A-Z])=.{0,99}\1=)[A-Z]=\d(, ?[A-Z]=\d){0,9}",
    "fraction_simplification": r"\$?\\d?frac\{\d+\}\{\d+\}\$?|\$?\d+ ?/ ?\d+\$?",
    "graph_color": r'(?!.{0,999}("\d+"):.{0,999}\1:)\{"\d+": ?\d+(, ?"\d+": ?\d+){0,99}\}',
    "gsm_symbolic": r"\d+(\.\d+)?",
    "kakurasu": r"[01 \n]+",
    "n_queens": r"[Q_ \n]+",
    "polynomial_equations": rf"(-?{_NUMBER}(, ?-?{_NUMBER})*)?",
    "prime_factorization": r"\d+( ?× ?\d+)*",
    "products": _GROUPED,
    "quantum_lock": r"[ABC]( ?→ ?[ABC])*",
    "spiral_matrix": r"[0-9 ]+",
    "string_insertion": r"[A-E]+",
    "survo": r"[0-9 \n]+",
}
"""What answers must look like before a scorer sees them that passes over parts of a text, takes the last of several
values for one thing, or evaluates texts that are not right as programs: those of these forms do nothing."""
