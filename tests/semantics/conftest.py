"""How many random cases the properties are tried on: few every day, many in CI."""

from hypothesis import settings

from tests.servers import sized

settings.register_profile("semantics", max_examples=sized(60, 1500), deadline=None)
settings.load_profile("semantics")
