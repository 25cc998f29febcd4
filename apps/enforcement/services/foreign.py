"""What others gave on governed datasets, and every way past a rule: reported, never touched."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from apps.catalog.models import Bypass, Dataset, System
from apps.connectors.contracts import Inventory
from apps.connectors.names import qualified
from apps.core.actors import Actor
from apps.enforcement.models import Enforcement
from apps.enforcement.plan import digest_of
from apps.enforcement.reach import people_of
from apps.enforcement.selectors import Sight
from apps.findings import services as findings
from apps.findings.services import Observed

FOREIGN = "enforcement.foreign"
"""Kind of the findings about rights that others gave; their evidence says which."""

BYPASS = "enforcement.bypass"
"""Kind of the findings about ways past a rule."""

BESIDE = "enforcement.beside"
"""Kind of the findings about what else others made on a governed dataset and nothing changes."""

_READS = "SELECT"


def report_foreign(
    *, system: System, state: Enforcement, sight: Sight, at: datetime, actor: Actor
) -> None:
    """Say who reads governed datasets outside of any decision; the same again writes nothing."""
    governed = {name for name in sight.rendered.datasets.values() if name}
    governed |= {each.dataset for each in sight.rendered.refusals if each.dataset}
    rights = list(_rights(governed, sight.observed.foreign))
    beside = list(_beside(governed, sight.observed.foreign))
    bypasses = [_told(row) for row in _bypasses(system, governed)]
    digest = digest_of({"rights": rights, "beside": beside, "bypasses": bypasses})
    if digest == state.foreign_digest:
        return
    datasets = {
        dataset.qualified: dataset
        for dataset in Dataset.objects.filter(system=system).select_related("system", "domain")
        if dataset.qualified in governed
    }
    found = [_reader(system, datasets, sight.inventory, right) for right in rights]
    findings.measure(kind=FOREIGN, scope=system.ref, observed=found, at=at, actor=actor)
    kept = [_left(system, datasets, sight.inventory, each) for each in beside]
    findings.measure(kind=BESIDE, scope=system.ref, observed=kept, at=at, actor=actor)
    ways = [_way(system, datasets, bypass) for bypass in bypasses]
    findings.measure(kind=BYPASS, scope=system.ref, observed=ways, at=at, actor=actor)
    Enforcement.objects.filter(pk=state.pk).update(foreign_digest=digest)


def _rights(governed: Iterable[str], foreign: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Who was given reading by somebody else: one per dataset and grantee."""
    for name in sorted(governed):
        columns: defaultdict[str, set[str]] = defaultdict(set)
        for right in foreign.get(name, {}).get("rights", ()):
            if right["privilege"] == _READS:
                columns[right["grantee"]].add(right["column"])
        for grantee in sorted(columns):
            whole = "" in columns[grantee]
            yield {
                "dataset": name,
                "grantee": grantee,
                "columns": [] if whole else sorted(columns[grantee]),
            }


def _beside(governed: Iterable[str], foreign: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Row policies of others, and rights to write that they gave: one per dataset and each."""
    for name in sorted(governed):
        about = foreign.get(name, {})
        for policy in about.get("policies", ()):
            yield {
                "dataset": name,
                "what": f"row policy {policy['name']}",
                "grantees": sorted(policy["roles"]),
                "text": f"Rows that it hides stay hidden, whatever is decided: {_said(policy)}.",
            }
        writing: defaultdict[str, set[str]] = defaultdict(set)
        for right in about.get("rights", ()):
            if right["privilege"] != _READS:
                writing[right["grantee"]].add(right["privilege"])
        for grantee, rights in sorted(writing.items()):
            yield {
                "dataset": name,
                "what": f"{', '.join(sorted(rights))} of {grantee}",
                "grantees": [grantee],
                "text": "A write that names no column reaches rows that no rule shows.",
            }


def _said(policy: Mapping[str, Any]) -> str:
    kind = "permissive" if policy["permissive"] else "restrictive"
    return f"{kind}, for {', '.join(policy['roles'])}, USING ({policy['using'] or 'nothing'})"


def _left(
    system: System, datasets: Mapping[str, Dataset], inventory: Inventory, each: dict[str, Any]
) -> Observed:
    dataset = datasets.get(each["dataset"])
    reached = (people_of(grantee, inventory.roles) for grantee in each["grantees"])
    people = sorted(frozenset().union(*reached) - _our_logins(system))
    return Observed(
        subject=dataset.ref if dataset else system.ref,
        title=f"{each['dataset']} has what somebody else made: {each['what']}",
        text=f"{each['text']} Whom it concerns: {', '.join(people) or 'nobody yet'}.",
        remedy="It is left as it is. Whoever made it drops it, if it is not meant to stand.",
        severity="medium" if people else "low",
        evidence={key: each[key] for key in ("dataset", "what")} | {"principals": people},
        key=f"{each['dataset']} {each['what']}",
        domain=(dataset.domain if dataset else None) or system.domain,
    )


def _reader(
    system: System, datasets: Mapping[str, Dataset], inventory: Inventory, right: dict[str, Any]
) -> Observed:
    dataset = datasets.get(right["dataset"])
    people = sorted(people_of(right["grantee"], inventory.roles) - _our_logins(system))
    what = f"columns {', '.join(right['columns'])}" if right["columns"] else "every column"
    return Observed(
        subject=dataset.ref if dataset else system.ref,
        title=f"{right['grantee']} reads {right['dataset']} outside of any decision",
        text=(
            f"{right['grantee']} was given {what} by somebody else. Who gains: "
            f"{', '.join(people) or 'nobody yet'}."
        ),
        remedy="Adopt it as a grant that somebody decides, or have it removed; both are approved.",
        severity="high" if people else "medium",
        evidence={**right, "principals": people},
        key=f"{right['dataset']} {right['grantee']}",
        domain=(dataset.domain if dataset else None) or system.domain,
    )


def _our_logins(system: System) -> frozenset[str]:
    """Our logins there can act as people, so as to ask for them; they gain nothing by it."""
    return frozenset(login["user"] for login in system.secrets.values() if isinstance(login, dict))


def _bypasses(system: System, governed: Iterable[str]) -> list[Bypass]:
    """The ways past rules on these datasets, those over the whole system included."""
    known = frozenset(governed)
    if not known:
        return []
    rows = Bypass.objects.filter(system=system).select_related("dataset")
    return [row for row in rows if row.dataset is None or row.dataset.qualified in known]


def _told(row: Bypass) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "dataset": qualified(row.dataset.schema, row.dataset.name) if row.dataset else "",
        "through": row.through,
        "principals": list(row.principals),
        "text": row.text,
        "remedy": row.remedy,
    }


def _way(system: System, datasets: Mapping[str, Dataset], bypass: dict[str, Any]) -> Observed:
    dataset = datasets.get(bypass["dataset"])
    return Observed(
        subject=dataset.ref if dataset else system.ref,
        title=f"A way past what is decided: {bypass['kind']} {bypass['through']}".replace("_", " "),
        text=f"{bypass['text']} Who gains: {', '.join(bypass['principals']) or 'nobody yet'}.",
        remedy=bypass["remedy"],
        severity="high" if bypass["principals"] else "medium",
        evidence={key: bypass[key] for key in ("kind", "dataset", "through", "principals")},
        key=f"{bypass['dataset']} {bypass['kind']} {bypass['through']}",
        domain=(dataset.domain if dataset else None) or system.domain,
    )
