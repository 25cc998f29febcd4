"""Reads of policies, named for what comes back."""

from apps.policies.selectors.estates import estate_of, estates
from apps.policies.selectors.routes import Route, route_for

__all__ = ["Route", "estate_of", "estates", "route_for"]
