"""Telling the broker that a message is done with, when the broker may be gone.

Kombu's Redis transport counts a message as in hand until its acknowledgement was heard. One that fails while Redis is
away is logged and never counted off, and a worker whose every message in hand failed like that asks for no more: alive,
connected and deaf, for ever. So the message is counted off all the same. It may come again, and does no harm: the row
decides who works.
"""

from typing import Any

from celery.worker.request import Request
from kombu.transport import virtual


class Receipt(Request):
    """A received message whose place is free again even if the broker did not hear so."""

    def acknowledge(self) -> None:
        super().acknowledge()
        self._free_place()

    def reject(self, requeue: bool = False) -> None:
        super().reject(requeue=requeue)
        self._free_place()

    def _free_place(self) -> None:
        message: Any = self.message
        qos = getattr(message.channel, "qos", None)
        if not message.acknowledged and isinstance(qos, virtual.QoS):
            virtual.QoS.ack(qos, message.delivery_tag)
