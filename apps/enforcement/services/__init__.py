"""Everything that writes about enforcement."""

from apps.enforcement.services.declaring import declare, wake_due, withdraw
from apps.enforcement.services.proving import ask_again, keep_proving
from apps.enforcement.services.reconciling import reconcile
from apps.enforcement.services.releasing import release
from apps.enforcement.services.requesting import request_pass
from apps.enforcement.services.takeovers import carry_out, propose_take_over, undo_take_over
from apps.enforcement.services.trying import keep_trying, try_connection

__all__ = [
    "ask_again",
    "carry_out",
    "declare",
    "keep_proving",
    "keep_trying",
    "propose_take_over",
    "reconcile",
    "release",
    "request_pass",
    "try_connection",
    "undo_take_over",
    "wake_due",
    "withdraw",
]
