"""The warehouses that the PostgreSQL connector is tried on."""

import pytest

from tests.connectors.postgresql.estate import ORDERS, Estate, make_estate
from tests.servers import WarehouseDatabase


@pytest.fixture
def estate(warehouse_db: WarehouseDatabase) -> Estate:
    """A database of its own with `sales.orders`, forty rows of it, ten in each region."""
    made = make_estate(warehouse_db)
    made.sql(ORDERS)
    return made
