"""How connections are doing, at a glance."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import System
from apps.connectors.contracts import Membership, Role
from apps.enforcement.reach import people_of
from apps.enforcement.selectors import Health, overviews
from tests.connectors.double import Faults
from tests.enforcement.conftest import World


def health(world: World, **later: float) -> Health:
    world.system.refresh_from_db()
    (found,) = overviews([world.system], timezone.now() + timedelta(**later))
    return found.health


def test_the_health_of_a_connection_follows_what_happens_to_it(world: World) -> None:
    assert health(world) == Health.NEW
    world.grant(1, "t0", "alice")
    now = timezone.now()
    world.reconcile(now)
    assert health(world) == Health.HEALTHY
    assert health(world, hours=1) == Health.LAGGING
    world.grant(2, "t1", "alice")
    assert health(world) == Health.LAGGING
    world.server.faults = Faults(reads_unanswered=frozenset({3}))
    world.reconcile(now)
    assert health(world) == Health.BROKEN
    world.reconcile(now)
    assert health(world) == Health.HEALTHY
    System.objects.update(state="paused")
    assert health(world) == Health.PAUSED


def test_the_bars_of_a_day_say_when_it_went_badly(world: World) -> None:
    now = timezone.now()
    world.grant(1, "t0", "alice")
    world.reconcile(now)
    (found,) = overviews([world.system], now + timedelta(minutes=1))
    assert found.points[-1] == "ok"
    assert set(found.points[:-2]) == {"none"}
    world.server.faults = Faults(reads_unanswered=frozenset({3}))
    world.reconcile(now)
    (found,) = overviews([world.system], now + timedelta(minutes=1))
    assert found.points[-1] == "bad"


def test_many_connections_cost_the_queries_of_one(world: World) -> None:
    for number in range(3):
        System.objects.create(key=f"more-{number}", name="More", connector="double")
    counts = []
    for systems in ([world.system], list(System.objects.all())):
        with CaptureQueriesContext(connection) as queries:
            overviews(systems, timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_people_of_a_role_are_found_by_any_path() -> None:
    roles = {
        "ann": Role("ann", True, member_of=(Membership("eu"),)),
        "ben": Role("ben", True, member_of=(Membership("odd", inherit=False),)),
        "eu": Role("eu", False, member_of=(Membership("all", set=False),)),
        "odd": Role("odd", False, member_of=(Membership("all"), Membership("odd"))),
        "all": Role("all", False),
    }
    assert people_of("all", roles) == {"ann", "ben"}
    assert people_of("eu", roles) == {"ann"}
    assert people_of("PUBLIC", roles) == {"ann", "ben"}
    assert people_of("nobody", roles) == set()
