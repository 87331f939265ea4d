"""Connects the ledger to the domain: when facts were committed, the doorbell rings."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """The app of the ledger: jobs, slots and hosts."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Background work"

    def ready(self) -> None:
        from claims.audit.signals import event_recorded  # noqa: PLC0415 - models must be loaded first
        from workers import checks  # noqa: F401, PLC0415 - registers the system checks
        from workers.doorbell import ring  # noqa: PLC0415 - models must be loaded first

        event_recorded.connect(ring, dispatch_uid="workers.doorbell")
