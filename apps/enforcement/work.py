"""Names of the jobs that enforcement does."""

RECONCILE = "enforcement.reconcile"
"""Makes a system agree; the key is the system's."""

SWEEP = "enforcement.sweep"
"""Has every system looked at."""

WAKE = "enforcement.wake_due"
"""Has the systems looked at in which a rule has begun or ended."""

TAKE_OVER = "enforcement.take_over"
"""Applies or undoes a take-over; the key is its uuid."""
