"""AlphaZero-style learning on anything that can be checked."""

__version__ = "0.1.0"
