"""Where networks compute."""

import torch

from zeroloop.errors import SettingError


def checked_device(device: str | torch.device) -> torch.device:
    """The torch device; "auto" is the first CUDA device where there is one, else the CPU.

    Raises SettingError where the word is none, or this machine does not have the device.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise SettingError(f"device {device!r} is unknown; allowed: auto, cpu, cuda, cuda:N, mps") from error
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise SettingError(
            f"device {str(device)!r} is not here: torch sees {torch.cuda.device_count()} CUDA devices; use cpu, or "
            "install torch with CUDA"
        )
    if found.type == "mps" and not torch.backends.mps.is_available():
        raise SettingError("device 'mps' is not here: it needs a Mac with Apple silicon; use cpu")
    return found
