"""What this machine has to compute with."""

import os


def cores() -> int:
    """Processor cores that this process may use; all, where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
