"""The agents' settings under the import path of the document this project was created from."""

from zeroloop.networks.hrm import HRMConfig
from zeroloop.networks.trm import TRMConfig

__all__ = ["HRMConfig", "TRMConfig"]
