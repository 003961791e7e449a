"""What tests of languages share: those whose toolchain is missing are skipped, with the reason."""

import pytest

from zeroloop.sandbox import available


@pytest.fixture(scope="session")
def installed():
    """Skips a test where a language cannot run."""

    def check(language):
        if reason := available(language):
            pytest.skip(f"{language}: {reason}")

    return check
