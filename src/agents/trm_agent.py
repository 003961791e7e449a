"""The Tiny Recursive Model under the import path of the document this project was created from."""

from zeroloop.networks.trm import TRMAgent, create_trm_agent

__all__ = ["TRMAgent", "create_trm_agent"]
