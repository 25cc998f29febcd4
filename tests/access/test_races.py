"""Asking for the same thing at the same instant: one request stands, the others are told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.access.models import AccessRequest, Purpose
from apps.core.errors import Conflict, Problem
from tests.access.test_services import ask
from tests.policies.conftest import Company

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def test_of_requests_for_the_same_dataset_sent_at_once_one_stands(
    asking: Company, purpose: Purpose
) -> None:
    barrier = Barrier(AT_ONCE)

    def send(_: int) -> AccessRequest | Problem:
        try:
            barrier.wait(timeout=60)
            return ask(asking, purpose)
        except Problem as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(send, range(AT_ONCE)))
    stands = AccessRequest.objects.get()
    refused = [result for result in results if isinstance(result, Conflict)]
    assert len(refused) == AT_ONCE - 1
    assert all(stands.key in problem.detail for problem in refused)
