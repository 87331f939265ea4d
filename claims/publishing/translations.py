"""Which live verdicts say the same in other languages: kept on each head, so that reading costs nothing more.

Beside the document and not in it: a later sibling shows without altering what was approved (ADR 19).
"""

from datetime import datetime

from django.db import connection

# Served as it is stored; see PublicVersion.envelope().
_UPDATE = """
WITH cluster AS (
    SELECT h.claim_id, h.public_id, h.live AND p.body IS NOT NULL AS shown, p.language,
        CASE WHEN h.live THEN convert_from(p.body, 'UTF8')::jsonb ->> 'url' END AS url
    FROM claims_publichead h JOIN claims_publication p ON p.id = h.publication_id
    WHERE h.original_id = %(original)s
), wanted AS (
    SELECT c.claim_id, coalesce((
        SELECT json_agg(json_build_object('id', s.public_id, 'language', s.language, 'url', s.url)
            ORDER BY s.language, s.public_id)::text
        FROM cluster s WHERE s.shown AND s.claim_id <> c.claim_id
    ), '[]') AS siblings
    FROM cluster c
)
UPDATE claims_publichead h SET translations = w.siblings, translated_at = %(at)s
FROM wanted w WHERE h.claim_id = w.claim_id AND h.translations <> w.siblings
"""


def link_siblings(*, original_id: int, at: datetime) -> int:
    """Let every published claim of that original name its live siblings; gives how many heads changed.

    In the caller's transaction, under the feed head's lock: so of two siblings that are published at once, the later
    sees the earlier.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"original": original_id, "at": at})
        changed: int = cursor.rowcount
    return changed
