"""Catalog rows into documents: what is ours, part by part, and what is somebody else's; pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.connectors.contracts import Document
from apps.connectors.names import parts, qualified
from apps.connectors.postgresql import names, normal, settings, statements
from apps.connectors.postgresql.facts import OPTIONS_SINCE, Facts
from apps.connectors.postgresql.names import Home, looks_ours, mark_in

Verified = Callable[[Mapping[normal.Text, str]], frozenset[normal.Text]]
"""Tells which texts are what stands, given as the server writes it (`Normal.stands`)."""


@dataclass
class _Found:
    """What carries our mark for one dataset, before it is put in order."""

    roles: dict[str, bool] = field(default_factory=dict)
    policies: list[tuple[Any, ...]] = field(default_factory=list)
    views: list[tuple[Any, ...]] = field(default_factory=list)


class Estate:
    """The facts of a database, indexed, with the texts of ours that were verified against them."""

    def __init__(self, facts: Facts, home: Home, ours: frozenset[str], verified: Verified) -> None:
        self.facts = facts
        self.home = home
        self.ours = ours
        self.names = facts.names
        self.oids = {name: oid for oid, name in self.names.items()}
        self.tables = {row[0]: row for row in facts.tables}
        self.rights: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        self.held: dict[str, set[int]] = defaultdict(set)
        for row in facts.rights:
            self.rights[row[0]].append(row)
            if looks_ours(row[2]):
                self.held[row[2]].add(row[0])
        self.uses: dict[str, set[str]] = defaultdict(set)
        for schema, role in facts.usage:
            self.uses[role].add(schema)
        self.members: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.above: dict[str, set[str]] = defaultdict(set)
        for row in facts.memberships:
            self.members[row[0]].append(row)
            self.above[row[1]].add(row[0])
        self.reads: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for view, schema, name, column in facts.reads:
            self.reads[view][qualified(schema, name)].add(column)
        self.found = self._by_dataset()
        self.verified = verified(self._texts())

    def own(self) -> dict[str, Document]:
        """Every document of ours, by its name."""
        documents = {dataset: self._table(dataset) for dataset in sorted(self.found)}
        database = self._database()
        return documents | ({names.DATABASE: database} if database else {})

    def _by_dataset(self) -> dict[str, _Found]:
        found: dict[str, _Found] = defaultdict(_Found)
        for role, comment, powerful in self.facts.roles:
            if dataset := self.home.owns(role, comment or ""):
                found[dataset].roles[role] = powerful
        for policy in self.facts.policies:
            if policy[1] in (names.ROW_POLICY, names.PASS_POLICY):
                hint = mark_in(policy[7]).get("dataset") or self.names[policy[0]]
                found[hint].policies.append(policy)
        for view in self.facts.views:
            if "gone" in mark_in(view[5]):
                continue
            if view[2] == names.OWNER or mark_in(view[5]):
                hint = mark_in(view[5]).get("dataset") or f"{names.SCHEMA}.{view[1]}"
                found[hint].views.append(view)
        return found

    def _texts(self) -> dict[normal.Text, str]:
        texts: dict[normal.Text, str] = {}
        for found in self.found.values():
            for policy in found.policies:
                if policy_text := self._policy_text(policy):
                    texts[policy_text] = policy[5] or ""
            for view in found.views:
                if view_text := _view_text(view):
                    texts[view_text] = view[4]
        return texts

    def _policy_text(self, policy: tuple[Any, ...]) -> normal.Policy | None:
        text = mark_in(policy[7]).get("using", "")
        if policy[1] != names.ROW_POLICY or not text:
            return None
        _, schema, table, *_ = self.tables[policy[0]]
        return normal.Policy(schema, table, policy[8], text)

    # One table

    def _table(self, dataset: str) -> Document:
        found = self.found[dataset]
        base = {
            "kind": "table",
            "dataset": dataset,
            "mode": _mode(found),
            "options": self.facts.version >= OPTIONS_SINCE,
        }
        on = {policy[0] for policy in found.policies}
        relations = {view[0] for view in found.views} or on
        document = {**base, "roles": self._roles(dataset, found, relations)}
        if found.views:
            document |= self._view(found)
        if found.policies or not found.views:
            document |= self._rows(dataset, found)
        amiss = sorted({*self._amiss(dataset, found), *self._beside(found, relations)})
        if amiss:
            document["amiss"] = amiss
        return {**document, "statements": statements.to_make(document)}

    def _roles(self, dataset: str, found: _Found, relations: Iterable[int]) -> dict[str, Document]:
        subject = self.home.everybody(dataset)
        columns: dict[str, set[str]] = defaultdict(set)
        for relation in relations:
            for _, column, grantee, privilege, grantable, _ in self.rights[relation]:
                if privilege == "SELECT" and column and not grantable:
                    columns[grantee].add(column)
        return {
            role: {"members": self._members(role), "columns": sorted(columns[role])}
            for role in sorted(found.roles)
            if role != subject
        }

    def _members(self, role: str) -> list[str]:
        return sorted({row[1] for row in self.members[role]} - self.ours)

    def _rows(self, dataset: str, found: _Found) -> Document:
        subject = self.home.everybody(dataset)
        tables = [self.tables[oid] for oid in {policy[0] for policy in found.policies}]
        row = next((p for p in found.policies if p[1] == names.ROW_POLICY), None)
        passing = [p for p in found.policies if p[1] == names.PASS_POLICY]
        wanted = bool(mark_in(row[7]).get("pass", True)) if row else True
        schema = parts(dataset)[0]
        return {
            "row_security": bool(tables) and all(table[4] for table in tables),
            "subject": subject if subject in found.roles else "",
            "governed": [each for each in self._members(subject) if each not in found.roles],
            "row_policy": self._row_policy(row),
            "pass_policy": wanted == (len(passing) == 1 and _passes(passing[0])),
            "usage": self._usage(schema, found, subject),
        }

    def _row_policy(self, policy: tuple[Any, ...] | None) -> str:
        if policy is None:
            return ""
        _, _, permissive, command, roles, using, check, *_ = policy
        text = self._policy_text(policy)
        whole = not permissive and command == "*" and roles == [""] and check is None
        if whole and text in self.verified and text:
            return text.text
        kind = "permissive" if permissive else "restrictive"
        to = ", ".join(role or "PUBLIC" for role in roles)
        return f"changed: {kind} for {command} to {to} using ({using}) with check ({check})"

    def _usage(self, schema: str, found: _Found, subject: str) -> str:
        readers = [role for role in found.roles if role != subject]
        return schema if all(schema in self.uses[role] for role in readers) else ""

    def _view(self, found: _Found) -> Document:
        view = found.views[0]
        oid, name, owner, options, definition, comment, _ = view
        text = _view_text(view)
        stands = text is not None and text in self.verified
        return {
            "view": {
                "name": name,
                "owner": owner,
                "barrier": _is_barrier(options),
                "select": text.text if text and stands else f"changed: {definition}",
            },
            "reads": self._owner_reads(oid),
            "key": mark_in(comment).get("key", "") if stands else "",
            "usage": self._usage(names.SCHEMA, found, ""),
        }

    def _owner_reads(self, view: int) -> dict[str, list[str]]:
        """Of the columns that the view reads, those that its owner is allowed to."""
        allowed: dict[str, set[str]] = defaultdict(set)
        for dataset in self.reads[view]:
            for _, column, grantee, privilege, _, _ in self.rights[self.oids.get(dataset, 0)]:
                if grantee == names.OWNER and privilege == "SELECT" and column:
                    allowed[dataset].add(column)
        return {
            dataset: sorted(columns & allowed[dataset])
            for dataset, columns in sorted(self.reads[view].items())
        }

    def _amiss(self, dataset: str, found: _Found) -> Iterable[str]:
        """What is ours and not as we make it, in words: each is put right by a write."""
        subject = self.home.everybody(dataset) if found.policies else ""
        for role, powerful in found.roles.items():
            if powerful:
                yield f"{role} may log in or has an attribute that none of ours has"
            for _, member, _, admin, inherit, may_set in self.members[role]:
                if member in self.ours:
                    continue
                if admin or not inherit or (self._has_options and may_set):
                    yield f"{member} is a member of {role} with other options than ours"
            yield from self._amiss_above(role, subject)
        for policy in found.policies:
            if self.names[policy[0]] != dataset:
                yield f"{policy[1]} stands on {self.names[policy[0]]}"
        if len(found.views) > 1:
            yield "there are several views with our mark"
        for view in found.views:
            if view[6] != "v":
                yield f"{names.SCHEMA}.{view[1]} is no view any more"

    def _amiss_above(self, role: str, subject: str) -> Iterable[str]:
        above = self.above[role]
        wanted = {subject} if subject and role != subject else set()
        for other in sorted(above - wanted):
            yield f"{role} is a member of {other}"
        for other in sorted(wanted - above):
            yield f"{role} is no member of {other}"

    @property
    def _has_options(self) -> bool:
        return self.facts.version >= OPTIONS_SINCE

    def _beside(self, found: _Found, relations: Iterable[int]) -> Iterable[str]:
        """Rights on what is ours, or of our roles, that we did not give."""
        views, proper = {view[0] for view in found.views}, set(relations)
        held = (oid for role in found.roles for oid in self.held[role])
        for oid in sorted({*held, *views}):
            for _, column, grantee, privilege, grantable, _ in self.rights[oid]:
                mine = grantee in found.roles
                given = mine and oid in proper and privilege == "SELECT"
                if (mine or oid in views) and not (given and column and not grantable):
                    on = f"{self.names[oid]}.{column}" if column else self.names[oid]
                    yield f"{grantee or 'PUBLIC'} has {privilege} on {on}"
        schemas = {self.tables[oid][1] for oid in proper}
        for role in found.roles:
            for schema in sorted(self.uses[role] - schemas):
                yield f"{role} may use the schema {schema}"

    # What all views of the database share

    def _database(self) -> Document | None:
        schemas = {schema: (owner, comment) for schema, owner, comment in self.facts.schemas}
        schema_owner, comment = schemas.get(names.SCHEMA, ("", ""))
        leads = settings.leads_to_ours(settings.of(self.facts.settings))
        if not leads and not mark_in(comment):
            return None
        powerful = any(row[2] for row in self.facts.roles if row[0] == names.OWNER)
        member_of = sorted(self.above[names.OWNER])
        members = {row[1] for row in self.members[names.OWNER]} - self.ours
        document: Document = {
            "kind": names.DATABASE,
            "database": self.home.dbname,
            "owner": {
                "name": schema_owner,
                "plain": not powerful,
                "member_of": member_of,
                "members": sorted(members),
            },
            "schema": names.SCHEMA,
            "search_path": leads and bool(mark_in(comment)),
            "unaffected": settings.unaffected(self.facts.settings),
        }
        return {**document, "statements": statements.to_make(document)}

    # What is somebody else's

    def foreign(self) -> dict[str, Document]:
        """What others gave and made on each table or view, where there is anything."""
        policies: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for policy in self.facts.policies:
            if policy[1] not in (names.ROW_POLICY, names.PASS_POLICY):
                policies[policy[0]].append(policy)
        found = {}
        for oid, row in self.tables.items():
            if row[1] in (names.SCHEMA, names.KEY_SCHEMA):
                continue
            grants = [r for r in self.rights[oid] if not looks_ours(r[2])]
            if grants or policies[oid]:
                found[self.names[oid]] = _foreign(self.names[oid], row, grants, policies[oid])
        return found


def _mode(found: _Found) -> str:
    if found.policies and found.views:
        return "rows and view"
    if found.views:
        return "view"
    return "rows"


def _passes(policy: tuple[Any, ...]) -> bool:
    _, _, permissive, command, roles, using, check, *_ = policy
    return bool(
        permissive and command == "*" and roles == [""] and using == "true" and check == "true"
    )


def _is_barrier(options: Iterable[str]) -> bool:
    return any(each.lower() in ("security_barrier=true", "security_barrier=on") for each in options)


def _view_text(view: tuple[Any, ...]) -> normal.View | None:
    text = mark_in(view[5]).get("select", "")
    return normal.View(text) if text and view[6] == "v" else None


def _foreign(
    dataset: str,
    table: tuple[Any, ...],
    grants: Iterable[tuple[Any, ...]],
    policies: Iterable[tuple[Any, ...]],
) -> Document:
    return {
        "kind": "foreign",
        "dataset": dataset,
        "owner": table[6],
        "row_security": table[4],
        "forced": table[5],
        "rights": [
            {
                "grantee": grantee or "PUBLIC",
                "privilege": privilege,
                "column": column or "",
                "grantable": grantable,
                "grantor": grantor,
            }
            for _, column, grantee, privilege, grantable, grantor in grants
        ],
        "policies": [
            {
                "name": name,
                "permissive": permissive,
                "command": command,
                "roles": [role or "PUBLIC" for role in roles],
                "using": using,
                "check": check,
                "comment": comment,
            }
            for _, name, permissive, command, roles, using, check, comment, *_ in policies
        ],
    }
