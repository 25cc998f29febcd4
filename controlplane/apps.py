"""Registers the project itself: its commands, its checks, and Celery for every process."""

from django.apps import AppConfig


class ControlPlaneConfig(AppConfig):
    """The project's entry in Django's registry."""

    name = "controlplane"

    def ready(self) -> None:
        """Make our Celery application the one that `shared_task` binds to."""
        import controlplane.celery  # noqa: F401
