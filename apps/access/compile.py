"""Turns a grant into the rules that enforcement keeps true."""

from apps.access.models import Grant
from apps.semantics import codec
from apps.semantics.rules import Effect, Rule


def rule_of(grant: Grant) -> Rule:
    """The one rule of a grant: its account may read these columns in these rows until then."""
    return Rule(
        key=grant.ref,
        origin=grant.ref,
        effect=Effect.GRANT,
        dataset=grant.dataset.qualified,
        principals=frozenset({grant.account.role}),
        columns=frozenset(grant.columns),
        filter=codec.decode_filter(grant.filter),
        masks=tuple(sorted(codec.decode_masks(grant.masks).items())),
        valid_from=grant.starts_at,
        until=grant.until,
        purpose=grant.purpose.key,
    )
