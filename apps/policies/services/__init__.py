"""Proposing, deciding, declaring and retiring policies."""

from apps.policies.services.activating import end_expired
from apps.policies.services.declaring import declare_policy, declare_system
from apps.policies.services.proposing import (
    Proposal,
    propose_policy,
    propose_retirement,
    revise_policy,
    withdraw_proposal,
)

__all__ = [
    "Proposal",
    "declare_policy",
    "declare_system",
    "end_expired",
    "propose_policy",
    "propose_retirement",
    "revise_policy",
    "withdraw_proposal",
]
