"""The logins of a system: whose they are, who may be meant, and which are nobody's."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from apps.catalog.addresses import LOGINS
from apps.catalog.models import Account, System, SystemRole
from apps.catalog.suggesting import Known, Suggestion, suggestions
from apps.identity.models import User


@dataclass(frozen=True, slots=True)
class LoginRow:
    """A login with whose it is, or whom its name suggests; `why_not`: why it can be nobody's."""

    role: SystemRole
    account: Account | None = None
    suggested: User | None = None
    because: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Logins:
    """The logins of a system: those to say something about first."""

    system: System
    open: tuple[LoginRow, ...]
    mapped: tuple[LoginRow, ...]
    nobodys: tuple[LoginRow, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.open) + len(self.mapped) + len(self.nobodys)


def our_roles(system: System) -> frozenset[str]:
    """The roles with which Seneschal itself logs in."""
    logins = (system.secrets.get(name) for name in LOGINS)
    return frozenset(login["user"] for login in logins if login)


def unmapped_logins(system: System) -> QuerySet[SystemRole]:
    """The logins that could be somebody's account and are nobody's yet."""
    taken = Account.objects.filter(system=system, role=OuterRef("name"))
    return (
        _there(system)
        .filter(~Exists(taken), superuser=False, bypass_rls=False)
        .exclude(name__in=our_roles(system))
    )


def logins_of(systems: Iterable[System], words: str = "") -> list[Logins]:
    """The logins of these systems, of those with the words in their names or people's."""
    people = list(User.objects.filter(is_active=True).order_by("name", "id"))
    return [_logins(system, people, words) for system in systems]


def _logins(system: System, people: list[User], words: str) -> Logins:
    mapped = {
        account.role: account
        for account in Account.objects.filter(system=system).select_related("user", "system")
    }
    ours = our_roles(system)
    roles = list(_there(system))
    free = [one.name for one in roles if one.name not in mapped and not _why_not(one, ours)]
    having = {account.user_id for account in mapped.values()}
    found = suggestions(free, [_known(one) for one in people if one.pk not in having])
    by_pk = {one.pk: one for one in people}
    rows = [_row(role, mapped.get(role.name), _why_not(role, ours), found, by_pk) for role in roles]
    rows += [_gone(account) for name, account in mapped.items() if name not in _names(roles)]
    rows = [row for row in rows if _matches(row, words.casefold())]
    unmapped = [row for row in rows if not row.account and not row.why_not]
    return Logins(
        system=system,
        open=tuple(sorted(unmapped, key=lambda row: (row.suggested is None, row.role.name))),
        mapped=tuple(row for row in rows if row.account),
        nobodys=tuple(row for row in rows if row.why_not and not row.account),
    )


def _there(system: System) -> QuerySet[SystemRole]:
    found = SystemRole.objects.filter(system=system, login=True, vanished_at=None)
    return found.order_by("name")


def _names(roles: list[SystemRole]) -> set[str]:
    return {role.name for role in roles}


def _known(user: User) -> Known:
    return Known(user.pk, user.name, user.email)


def _row(
    role: SystemRole,
    account: Account | None,
    why_not: str,
    found: dict[str, Suggestion],
    people: dict[int, User],
) -> LoginRow:
    suggestion = None if account else found.get(role.name)
    return LoginRow(
        role=role,
        account=account,
        suggested=people[suggestion.person] if suggestion else None,
        because=suggestion.because if suggestion else "",
        why_not=why_not,
    )


def _gone(account: Account) -> LoginRow:
    """An account whose role is no longer there, or can no longer log in."""
    role = SystemRole(system=account.system, name=account.role)
    return LoginRow(role=role, account=account, why_not="is no login there any more")


def _why_not(role: SystemRole, ours: frozenset[str]) -> str:
    if role.name in ours:
        return "Seneschal itself logs in with it"
    if role.superuser:
        return "a superuser is held by no rule"
    if role.bypass_rls:
        return "BYPASSRLS is held by no rule"
    return ""


def _matches(row: LoginRow, words: str) -> bool:
    texts = [row.role.name]
    if row.account:
        texts += [row.account.user.name, row.account.user.email]
    return not words or any(words in text.casefold() for text in texts)
