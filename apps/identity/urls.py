"""Addresses of identity."""

from django.urls import include, path

from apps.core.api import Router
from apps.identity import api_schema
from apps.identity.api.groups import AssignmentSet, DomainSet, TeamSet
from apps.identity.api.people import MeSet, ServiceAccountSet, UserSet
from apps.identity.api.tokens import TokenSet
from apps.identity.views import account, people, standing, teams

assert api_schema  # imported, it describes tokens in the API's schema

_router = Router()
_router.register("me", MeSet, "me")
_router.register("users", UserSet, "user")
_router.register("service-accounts", ServiceAccountSet, "service-account")
_router.register("teams", TeamSet, "team")
_router.register("domains", DomainSet, "domain")
_router.register("role-assignments", AssignmentSet, "role-assignment")
_router.register("tokens", TokenSet, "token")

_pages = [
    path("account", account.account, name="account"),
    path("account/tokens/new", account.new_token, name="new-token"),
    path("account/tokens/<uuid:uuid>/revoke", account.revoke_token, name="revoke-token"),
    path("people", people.people, name="people"),
    path("people/new", people.new_person, name="new-person"),
    path("people/new-service-account", people.new_machine, name="new-machine"),
    path("people/<uuid:uuid>", people.person, name="person"),
    path("people/<uuid:uuid>/profile", people.edit_profile, name="profile"),
    path("people/<uuid:uuid>/roles", standing.give_role, name="give-role"),
    path("people/<uuid:uuid>/teams", standing.join_team, name="join-team"),
    path("people/<uuid:uuid>/password", standing.set_password, name="set-password"),
    path("people/<uuid:uuid>/owner", standing.hand_over, name="hand-over"),
    path("people/<uuid:uuid>/switch", standing.switch, name="switch"),
    path("roles/<uuid:uuid>/withdraw", standing.withdraw_role, name="withdraw-role"),
    path("teams", teams.teams, name="teams"),
    path("teams/new", teams.new_team, name="new-team"),
    path("teams/<slug:key>", teams.team, name="team"),
    path("teams/<slug:key>/members", teams.add_member, name="add-member"),
    path("teams/<slug:key>/members/<uuid:uuid>/remove", teams.remove_member, name="remove-member"),
    path("teams/<slug:key>/roles", teams.give_role, name="give-team-role"),
    path("domains/new", teams.new_domain, name="new-domain"),
]
urlpatterns = [path("", include((_pages, "identity")))]
api_urlpatterns = [path("", include(_router.urls))]
