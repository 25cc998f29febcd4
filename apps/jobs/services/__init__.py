"""Everything that writes about jobs."""

from apps.jobs.registry import handles
from apps.jobs.services.queue import enqueue, retry_job

__all__ = ["enqueue", "handles", "retry_job"]
