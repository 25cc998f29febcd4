"""The small estate about which the constructs are asked: a table of orders, and its people."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from apps.connectors.contracts import Inventory, Membership, Role, ScannedPrivilege
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import Mask
from apps.semantics.rules import Column, Effect, Rule, Shape, Tier

ORDERS, CUSTOMERS = "sales.orders", "sales.customers"
_PLAIN_ROLES = ("alice", "bob")
SHAPE = Shape(
    ORDERS,
    (
        Column("id", "integer", nullable=False),
        Column("region", "text"),
        Column("email", "character varying(60)"),
        Column("born", "date"),
        Column("customer", "integer"),
        Column("notes", "text", classified=False),
    ),
    primary_key=("id",),
)
_CUSTOMERS = Shape(CUSTOMERS, (Column("id", "integer"), Column("country", "text")))


def grant(
    key: str = "first",
    columns: Iterable[str] | None = ("id", "region", "email"),
    rows: Filter = EVERYTHING,
    masks: Mapping[str, Mask] | None = None,
) -> Rule:
    return Rule(
        key=key,
        origin=f"grant:{key}",
        effect=Effect.GRANT,
        dataset=ORDERS,
        principals=frozenset({"alice"}),
        columns=None if columns is None else frozenset(columns),
        filter=rows,
        masks=tuple((masks or {}).items()),
    )


def rule(
    effect: Effect,
    *,
    columns: Iterable[str] | None = None,
    rows: Filter = EVERYTHING,
    mask: Mask | None = None,
    tier: Tier = Tier.STANDARD,
    until: datetime | None = None,
    key: str = "rule",
) -> Rule:
    return Rule(
        key=f"{effect}-{key}-{tier}",
        origin=f"policy:{key}",
        effect=effect,
        dataset=ORDERS,
        principals=frozenset({"alice"}),
        columns=None if columns is None else frozenset(columns),
        filter=rows,
        mask=mask,
        tier=tier,
        until=until,
    )


def people_with(*roles: Role, **members: tuple[Membership, ...]) -> dict[str, Role]:
    changed = {role.name: role for role in roles}
    for name, member_of in members.items():
        changed[name] = Role(name, login=True, member_of=member_of)
    return changed


def typed(type: str) -> Inventory:
    columns = (Column("id", "integer", nullable=False), Column("it", type))
    return inventory(replace(SHAPE, columns=columns))


def inventory(
    shape: Shape = SHAPE,
    *,
    child: Shape | None = None,
    roles: Mapping[str, Role] | None = None,
    privileges: Iterable[ScannedPrivilege] = (),
) -> Inventory:
    by_dataset: dict[str, tuple[ScannedPrivilege, ...]] = {}
    for right in privileges:
        by_dataset[right.dataset] = (*by_dataset.get(right.dataset, ()), right)
    plain = {name: Role(name, login=True) for name in (*_PLAIN_ROLES, "loader", "etl", "sen_apply")}
    shapes = {shape.dataset: shape, CUSTOMERS: _CUSTOMERS}
    return Inventory(
        shapes=shapes | ({child.dataset: child} if child else {}),
        roles=plain | dict(roles or {}),
        bypasses={shape.dataset: (child.dataset,)} if child else {},
        version="18.4",
        owners={shape.dataset: "loader", CUSTOMERS: "loader"},
        privileges=by_dataset,
    )
