"""Copies in a bucket that speaks S3, for several machines. Chosen by CAPTURE_BUCKET; used as any Django storage."""

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage


class Bucket(S3Storage):  # type: ignore[misc]  # the library has no types
    """Writes objects as they are, private, with short waits. The store is part of this installation, like its database,
    so it is reached directly and not by claims/http, which keeps to the public web."""

    def get_default_settings(self) -> dict[str, Any]:
        """What suits servers other than Amazon's too: path addresses, and checksums only where a call needs them."""
        return {
            **super().get_default_settings(),
            "file_overwrite": True,
            "default_acl": None,
            "querystring_auth": True,
            "gzip": False,
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=20,
                retries={"total_max_attempts": 3, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        }

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Records are bytes of their own kind; called gzip, as their ending says, some servers would unpack them."""
        return {**super().get_object_parameters(name), "ContentType": "application/warc"}
