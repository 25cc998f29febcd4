"""Writes what a scan saw of roles, memberships, rights and ways past a rule."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from apps.catalog.models import Bypass, Privilege, RoleMembership, System, SystemRole
from apps.catalog.services.storing import BATCH, difference
from apps.connectors.contracts import Bypass as FoundBypass
from apps.connectors.contracts import Role, ScannedPrivilege

_ROLE = ("login", "superuser", "bypass_rls", "create_role", "replication", "valid_until")
_OPTIONS = ("inherit", "set", "admin")
_BYPASS = ("principals", "text", "remedy")


def store_roles(system: System, roles: Iterable[Role], at: datetime) -> dict[str, int]:
    """Bring the rows of roles in line, then those of memberships; return counts."""
    roles = tuple(roles)
    seen = {role.name: tuple(getattr(role, name) for name in _ROLE) for role in roles}
    rows = SystemRole.objects.filter(system=system).values_list("name", "id", "vanished_at", *_ROLE)
    known = {row[0]: (row[1], row[2] is not None, row[3:]) for row in rows}
    found = difference(known, seen)
    SystemRole.objects.bulk_create(
        [
            SystemRole(system=system, name=name, **dict(zip(_ROLE, values, strict=True)))
            for name, values in found.put.items()
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["system", "name"],
        update_fields=[*_ROLE, "vanished_at"],
    )
    SystemRole.objects.filter(pk__in=found.gone).update(vanished_at=at)
    _store_memberships(system, roles)
    return {
        "roles_new": found.new,
        "roles_changed": len(found.put) - found.new,
        "roles_vanished": len(found.gone),
    }


def _store_memberships(system: System, roles: tuple[Role, ...]) -> None:
    ids = dict(SystemRole.objects.filter(system=system).values_list("name", "id"))
    seen = {
        (ids[role.name], ids[step.role]): (step.inherit, step.set, step.admin)
        for role in roles
        for step in role.member_of
    }
    rows = RoleMembership.objects.filter(member__system=system).values_list(
        "member_id", "role_id", "id", *_OPTIONS
    )
    found = difference({(row[0], row[1]): (row[2], False, row[3:]) for row in rows}, seen)
    RoleMembership.objects.bulk_create(
        [
            RoleMembership(
                member_id=member, role_id=role, **dict(zip(_OPTIONS, values, strict=True))
            )
            for (member, role), values in found.put.items()
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["member", "role"],
        update_fields=list(_OPTIONS),
    )
    _delete(RoleMembership, found.gone)


def store_privileges(
    system: System, privileges: Iterable[ScannedPrivilege], ids: Mapping[str, int]
) -> dict[str, int]:
    """Bring the rows of rights in line; return how many were given and taken since."""
    seen: dict[tuple[Any, ...], tuple[Any, ...]] = {
        (ids[one.dataset], one.grantee, one.privilege, one.column, one.grantor): ()
        for one in privileges
    }
    rows = Privilege.objects.filter(system=system).values_list(
        "dataset_id", "grantee", "privilege", "column", "grantor", "id"
    )
    found = difference({row[:5]: (row[5], False, ()) for row in rows}, seen)
    Privilege.objects.bulk_create(
        [
            Privilege(
                system=system,
                dataset_id=dataset,
                grantee=grantee,
                privilege=privilege,
                column=column,
                grantor=grantor,
            )
            for dataset, grantee, privilege, column, grantor in found.put
        ],
        batch_size=BATCH,
    )
    _delete(Privilege, found.gone)
    return {"privileges_given": found.new, "privileges_taken": len(found.gone)}


def store_bypasses(
    system: System, bypasses: Iterable[FoundBypass], ids: Mapping[str, int]
) -> dict[str, int]:
    """Bring the rows of ways past a rule in line; return how many came and went."""
    seen = {
        (ids[one.dataset] if one.dataset else None, one.kind, one.through): (
            list(one.principals),
            one.text,
            one.remedy,
        )
        for one in bypasses
        if not one.dataset or one.dataset in ids
    }
    rows = Bypass.objects.filter(system=system).values_list(
        "dataset_id", "kind", "through", "id", *_BYPASS
    )
    known = {row[:3]: (row[3], False, row[4:]) for row in rows}
    found = difference(known, seen)
    stale = [known[key][0] for key in found.put if key in known]
    _delete(Bypass, [*found.gone, *stale])
    Bypass.objects.bulk_create(
        [
            Bypass(
                system=system,
                dataset_id=dataset,
                kind=kind,
                through=through,
                **dict(zip(_BYPASS, values, strict=True)),
            )
            for (dataset, kind, through), values in found.put.items()
        ],
        batch_size=BATCH,
    )
    return {"bypasses_new": found.new, "bypasses_gone": len(found.gone)}


def _delete(model: type[models.Model], gone: list[int]) -> None:
    for start in range(0, len(gone), BATCH):
        model._default_manager.filter(pk__in=gone[start : start + BATCH]).delete()
