"""The Hierarchical Reasoning Model under the import path of the document this project was created from."""

from zeroloop.networks.hrm import HRMAgent, create_hrm_agent

__all__ = ["HRMAgent", "create_hrm_agent"]
