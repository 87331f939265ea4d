"""What SQL itself refuses: changing history, approving one's own work, publishing what nobody approved."""

from django.db import migrations

IMMUTABLE = [
    "claims_event",
    "claims_eventseal",
    "claims_publication",
    "claims_capture",
    "claims_verdictcontributor",
    "claims_approval",
]

REFUSE = """
CREATE FUNCTION claims_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: these rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
"""

VERDICT = """
CREATE FUNCTION claims_refuse_frozen_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.submitted_at IS NOT NULL THEN
        RAISE EXCEPTION 'revision % is submitted and cannot be changed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_verdict_frozen';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_verdict_frozen BEFORE UPDATE OR DELETE ON claims_verdict
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_frozen_verdict();
CREATE TRIGGER claims_verdict_no_truncate BEFORE TRUNCATE ON claims_verdict
    FOR EACH STATEMENT EXECUTE FUNCTION claims_refuse_change();
"""

# Both sides lock the revision's row first, so of two transactions that would break the rule the later one sees the
# earlier one's row. Inside a trigger function each query takes a new snapshot under READ COMMITTED.
FOUR_EYES = """
CREATE FUNCTION claims_four_eyes_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    frozen text;
BEGIN
    SELECT candidate_hash INTO frozen FROM claims_verdict WHERE id = NEW.verdict_id FOR UPDATE;
    IF frozen IS NULL OR frozen = '' THEN
        RAISE EXCEPTION 'revision % was not submitted', NEW.verdict_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_approval_of_submitted';
    END IF;
    IF NEW.candidate_hash <> frozen THEN
        RAISE EXCEPTION 'the decision is bound to other bytes than revision % holds', NEW.verdict_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_approval_of_candidate';
    END IF;
    IF NEW.override_reason IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM auth_user WHERE id = NEW.reviewer_id AND is_superuser AND is_active) THEN
            RAISE EXCEPTION 'only a superuser may override'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_approval_override_superuser';
        END IF;
    ELSIF NEW.decision = 'approved' AND EXISTS (
        SELECT 1 FROM claims_verdictcontributor WHERE verdict_id = NEW.verdict_id AND user_id = NEW.reviewer_id
    ) THEN
        RAISE EXCEPTION 'user % contributed to revision % and cannot approve it', NEW.reviewer_id, NEW.verdict_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_approval_four_eyes BEFORE INSERT ON claims_approval
    FOR EACH ROW EXECUTE FUNCTION claims_four_eyes_approval();

CREATE FUNCTION claims_four_eyes_contributor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM claims_verdict WHERE id = NEW.verdict_id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM claims_approval
        WHERE verdict_id = NEW.verdict_id AND reviewer_id = NEW.user_id
            AND decision = 'approved' AND override_reason IS NULL
    ) THEN
        RAISE EXCEPTION 'user % approved revision % and cannot have a hand in it', NEW.user_id, NEW.verdict_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_contributor_four_eyes BEFORE INSERT ON claims_verdictcontributor
    FOR EACH ROW EXECUTE FUNCTION claims_four_eyes_contributor();
"""

APPROVED_BYTES = """
CREATE FUNCTION claims_publish_approved_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NULL OR encode(sha256(NEW.body), 'hex') <> NEW.body_hash THEN
        RAISE EXCEPTION 'body_hash is not the SHA-256 of the body'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_publication_hash';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM claims_approval a JOIN claims_verdict v ON v.id = a.verdict_id
        WHERE a.verdict_id = NEW.verdict_id AND a.decision = 'approved'
            AND a.candidate_hash = NEW.body_hash AND v.claim_id = NEW.claim_id
    ) THEN
        RAISE EXCEPTION 'nobody approved these bytes of revision %', NEW.verdict_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_publication_approved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_publication_approved BEFORE INSERT ON claims_publication
    FOR EACH ROW EXECUTE FUNCTION claims_publish_approved_bytes();
"""

MERGES = """
CREATE FUNCTION claims_merge_never_chained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.merged_into_id IS NULL THEN RETURN NEW; END IF;
    PERFORM 1 FROM claims_claim WHERE id = NEW.merged_into_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM claims_claim WHERE id = NEW.merged_into_id AND merged_into_id IS NOT NULL)
        OR EXISTS (SELECT 1 FROM claims_claim WHERE merged_into_id = NEW.id) THEN
        RAISE EXCEPTION 'merging claim % into % would make a chain', NEW.id, NEW.merged_into_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_merge_never_chained';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_claim_merge BEFORE INSERT OR UPDATE OF merged_into_id ON claims_claim
    FOR EACH ROW EXECUTE FUNCTION claims_merge_never_chained();
"""

UNDO = """
DROP TRIGGER claims_claim_merge ON claims_claim;
DROP TRIGGER claims_publication_approved ON claims_publication;
DROP TRIGGER claims_contributor_four_eyes ON claims_verdictcontributor;
DROP TRIGGER claims_approval_four_eyes ON claims_approval;
DROP TRIGGER claims_verdict_no_truncate ON claims_verdict;
DROP TRIGGER claims_verdict_frozen ON claims_verdict;
DROP FUNCTION claims_merge_never_chained();
DROP FUNCTION claims_publish_approved_bytes();
DROP FUNCTION claims_four_eyes_contributor();
DROP FUNCTION claims_four_eyes_approval();
DROP FUNCTION claims_refuse_frozen_verdict();
"""


def append_only(table: str) -> migrations.RunSQL:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE on the table, raw SQL included."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION claims_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION claims_refuse_change();
        """,
        f"DROP TRIGGER {table}_no_truncate ON {table}; DROP TRIGGER {table}_append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION claims_refuse_change();"),
        *[append_only(table) for table in IMMUTABLE],
        migrations.RunSQL(VERDICT + FOUR_EYES + APPROVED_BYTES + MERGES, UNDO),
    ]
