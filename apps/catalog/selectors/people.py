"""Whose account is whose, and the inventory of a system that a renderer works from."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import chain

from django.db.models import F, Q, QuerySet

from apps.catalog.models import (
    Account,
    Bypass,
    Dataset,
    Privilege,
    RoleMembership,
    System,
    SystemRole,
)
from apps.catalog.selectors.assets import shapes_of
from apps.connectors.contracts import Inventory, Membership, Role, ScannedPrivilege
from apps.connectors.names import parts, qualified
from apps.identity.models import User

SHOWN_BESIDE = ("definer_view", "materialized_view", "child", "foreign_table", "definer_function")
"""The kinds of bypass that go through another object over the same rows."""

_MANY = 200
"""Of more datasets than this the whole system is read, which is quicker than choosing."""


def account_of(user: User, system: System) -> Account | None:
    """The account that this user was given in the system; None when nobody has said any."""
    return Account.objects.filter(user=user, system=system).select_related("system").first()


def bypasses_of(dataset: Dataset) -> QuerySet[Bypass]:
    """Every known way past a rule on this dataset, those of roles over the whole system included.

    Members of owners are there only when this dataset is theirs, and default privileges only when
    they are about its schema.
    """
    everywhere = Q(dataset__isnull=True) & ~Q(kind__in=("owner_member", "default_privileges"))
    owner = Q(dataset__isnull=True, kind="owner_member", through=dataset.owner_role)
    schema = Q(dataset__isnull=True, kind="default_privileges") & (
        Q(through__endswith=f" in schema {dataset.schema}")
        | Q(through__endswith=" in every schema")
    )
    return Bypass.objects.filter(
        Q(dataset=dataset) | everywhere | owner | schema, system=dataset.system_id
    )


def inventory(system: System, about: Collection[str] | None = None) -> Inventory:
    """What the system was last seen to hold, in a constant number of reads of our own rows.

    Given datasets as `schema.name`, it holds what rendering those alone needs: them, what reads
    them past any rule, and what has one of their names in another schema.
    """
    if about is not None and len(about) > _MANY:
        about = None
    beside = _beside(system, about)
    named = None
    if about is not None:
        named = {_bare(name) for name in (*about, *chain.from_iterable(beside.values()))}
    owners = Dataset.objects.filter(system=system, vanished_at__isnull=True)
    if named is not None:
        owners = owners.filter(name__in=named)
    return Inventory(
        shapes=shapes_of(system, named),
        roles=_roles(system),
        bypasses=beside,
        owners={
            qualified(schema, name): role
            for schema, name, role in owners.values_list("schema", "name", "owner_role")
        },
        privileges=_privileges(system, named),
        version=system.server.rpartition(" ")[2],
    )


def _beside(system: System, about: Collection[str] | None) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = Bypass.objects.filter(system=system, kind__in=SHOWN_BESIDE, dataset__isnull=False)
    if about is not None:
        rows = rows.filter(dataset__name__in={_bare(name) for name in about})
    for schema, name, through in rows.values_list("dataset__schema", "dataset__name", "through"):
        found[qualified(schema, name)].append(through)
    return {dataset: tuple(sorted(each)) for dataset, each in found.items()}


def _bare(dataset: str) -> str:
    """The name without its schema; a function, which has arguments, is no dataset's name."""
    try:
        return parts(dataset)[1]
    except ValueError:
        return dataset


def _privileges(
    system: System, named: Collection[str] | None
) -> Mapping[str, tuple[ScannedPrivilege, ...]]:
    found: dict[str, list[ScannedPrivilege]] = defaultdict(list)
    rows = Privilege.objects.filter(system=system, dataset__vanished_at__isnull=True)
    if named is not None:
        rows = rows.filter(dataset__name__in=named)
    for schema, name, grantee, privilege, column, grantor in rows.order_by("id").values_list(
        "dataset__schema", "dataset__name", "grantee", "privilege", "column", "grantor"
    ):
        dataset = qualified(schema, name)
        found[dataset].append(ScannedPrivilege(grantee, dataset, privilege, column, grantor))
    return {dataset: tuple(rights) for dataset, rights in found.items()}


def _roles(system: System) -> Mapping[str, Role]:
    steps: dict[str, list[Membership]] = defaultdict(list)
    rows = RoleMembership.objects.filter(member__system=system).values_list(
        "member__name", "role__name", "inherit", "set", "admin"
    )
    for member, role, inherit, may_set, admin in rows.order_by(F("role__name")):
        steps[member].append(Membership(role, inherit, may_set, admin))
    return {
        row.name: Role(
            name=row.name,
            login=row.login,
            superuser=row.superuser,
            bypass_rls=row.bypass_rls,
            create_role=row.create_role,
            replication=row.replication,
            valid_until=row.valid_until,
            member_of=tuple(steps[row.name]),
        )
        for row in SystemRole.objects.filter(system=system, vanished_at__isnull=True)
    }
