CREATE SEQUENCE audit_entry_id_seq AS bigint;

-- One row per thing decided or done. `body` is canonical JSON; what can be searched is read out of
-- it by PostgreSQL itself. `xact` tells the sealer which transactions it has seen to their end.
CREATE TABLE audit_entry (
    id bigint NOT NULL DEFAULT nextval('audit_entry_id_seq'),
    at timestamptz NOT NULL,
    body text NOT NULL,
    uuid uuid NOT NULL GENERATED ALWAYS AS ((body::jsonb ->> 'uuid')::uuid) STORED,
    actor text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'actor') STORED,
    action text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'action') STORED,
    subject text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'subject') STORED,
    request text GENERATED ALWAYS AS (body::jsonb ->> 'request') STORED,
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, at),
    CONSTRAINT audit_entry_at_is_said
        CHECK (at = (body::jsonb ->> 'at')::timestamptz)
) PARTITION BY RANGE (at);

ALTER SEQUENCE audit_entry_id_seq OWNED BY audit_entry.id;

CREATE INDEX audit_entry_subject ON audit_entry (subject, id DESC);
CREATE INDEX audit_entry_actor ON audit_entry (actor, id DESC);
CREATE INDEX audit_entry_action ON audit_entry (action, id DESC);
CREATE INDEX audit_entry_request ON audit_entry (request) WHERE request IS NOT NULL;
CREATE INDEX audit_entry_uuid ON audit_entry (uuid);
CREATE INDEX audit_entry_xact ON audit_entry (xact);

CREATE TABLE audit_seal (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    entry_id bigint NOT NULL UNIQUE,
    entry_at timestamptz NOT NULL,
    previous varchar(64) NOT NULL,
    hash varchar(64) NOT NULL,
    -- Every transaction before this one had ended, and its entries were sealed, with this seal.
    horizon xid8 NOT NULL,
    sealed_at timestamptz NOT NULL
);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit book is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Guards a table of the book against change, also where a session replays replicated changes.
CREATE FUNCTION audit_guard(guarded regclass, with_rows boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF with_rows THEN
        EXECUTE format('CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON %s '
                       'FOR EACH ROW EXECUTE FUNCTION audit_refuse()', guarded);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_change', guarded);
    END IF;
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', guarded);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_truncate', guarded);
END $$;
REVOKE ALL ON FUNCTION audit_guard(regclass, boolean) FROM PUBLIC;

CREATE TABLE audit_entry_default PARTITION OF audit_entry DEFAULT;
SELECT audit_guard('audit_entry', true);
SELECT audit_guard('audit_entry_default', false);
SELECT audit_guard('audit_seal', true);

-- Makes the partitions of the months from `first` on; returns the names of those that are new.
-- A month of which the default partition holds entries already is left there. It runs with its
-- owner's rights, so that whoever runs the product needs no right to create tables.
CREATE FUNCTION audit_make_partitions(first date, months integer) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamptz;
    after timestamptz;
    name text;
BEGIN
    IF months NOT BETWEEN 1 AND 24 OR first NOT BETWEEN current_date - 62 AND current_date + 62 THEN
        RAISE EXCEPTION 'months to make are 1 to 24, from within two months of today';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_make_partitions'));
    FOR i IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first) + make_interval(months => i))::timestamp
                 AT TIME ZONE 'UTC';
        after := (date_trunc('month', first) + make_interval(months => i + 1))::timestamp
                 AT TIME ZONE 'UTC';
        name := 'audit_entry_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        CONTINUE WHEN EXISTS (
            SELECT FROM audit_entry_default AS e WHERE e.at >= month AND e.at < after
        );
        -- Attaching, unlike creating in place, lets writers go on.
        EXECUTE format('CREATE TABLE %I (LIKE audit_entry INCLUDING DEFAULTS INCLUDING GENERATED '
                       'INCLUDING CONSTRAINTS)', name);
        EXECUTE format('ALTER TABLE audit_entry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       name, month, after);
        PERFORM audit_guard(name::regclass, false);
        RETURN NEXT name;
    END LOOP;
END $$;

SELECT audit_make_partitions((current_date - interval '1 month')::date, 5);
