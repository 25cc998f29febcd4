"""Accounts, teams, roles and tokens: the only place that changes them."""

from apps.identity.services.accounts import (
    create_service_account,
    create_user,
    deactivate_user,
    hand_over,
    reactivate_user,
    set_password,
    update_profile,
)
from apps.identity.services.roles import assign_role, withdraw_role
from apps.identity.services.sign_ins import (
    note_credential_change,
    note_sign_in,
    note_sign_in_failure,
    note_sign_out,
)
from apps.identity.services.teams import (
    add_to_team,
    create_domain,
    create_team,
    remove_from_team,
)
from apps.identity.services.tokens import LONGEST as LONGEST_TOKEN
from apps.identity.services.tokens import issue_token, note_token_use, revoke_token

__all__ = [
    "LONGEST_TOKEN",
    "add_to_team",
    "assign_role",
    "create_domain",
    "create_service_account",
    "create_team",
    "create_user",
    "deactivate_user",
    "hand_over",
    "issue_token",
    "note_credential_change",
    "note_sign_in",
    "note_sign_in_failure",
    "note_sign_out",
    "note_token_use",
    "reactivate_user",
    "remove_from_team",
    "revoke_token",
    "set_password",
    "update_profile",
    "withdraw_role",
]
