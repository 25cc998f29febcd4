"""Every cell that a live PostgreSQL returns is the decided one: random worlds, 0 differences."""

import os
import random

import pytest

from tests.connectors.postgresql.comparing import Tally, make_stage, try_world
from tests.connectors.postgresql.estate import Estate
from tests.servers import WarehouseDatabase, sized

CELLS = sized(1_500, 20_000)
"""So many on each version of PostgreSQL; `python -m benchmarks.cells` compares 200,000."""

SEED = int(os.environ.get("SENESCHAL_TEST_SEED", "0")) or random.SystemRandom().randint(1, 10**9)


@pytest.fixture
def stage(warehouse_db: WarehouseDatabase) -> Estate:
    return make_stage(warehouse_db)


def test_every_cell_is_the_decided_one(stage: Estate) -> None:
    tally = Tally()
    while tally.cells < CELLS and not tally.differences:
        try_world(stage, tally.worlds, SEED + tally.worlds, tally)
    assert tally.differences == []
    assert tally.modes["rows"]
    assert tally.modes["view"]
    assert tally.modes["refused"] < sum(tally.modes.values()) / 2, tally.modes
