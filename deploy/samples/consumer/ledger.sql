-- SPDX-License-Identifier: Apache-2.0
-- The ledger of freezes and its rules, for SQLite; each sample runs this file at its start. An
-- INSERT or UPDATE is one transaction with all that its triggers do. docs/INTEGRATION.md says why.

-- What a shard (`source`) has to send next in a partition: its number, the hash of the one before.
CREATE TABLE IF NOT EXISTS chain (source NOT NULL, part NOT NULL, next NOT NULL, hash NOT NULL,
    offset NOT NULL, PRIMARY KEY (source, part));

-- Every record once, by ID.REVISION. The same bytes again change nothing, others are a fault.
CREATE TABLE IF NOT EXISTS record (identity PRIMARY KEY NOT NULL, hash NOT NULL, source NOT NULL,
    part, offset, sequence, previous_hash, mode, id, revision, state, account, advised,
    valid_until, payee_advice);

CREATE TRIGGER IF NOT EXISTS take BEFORE INSERT ON record BEGIN
    SELECT RAISE(IGNORE) FROM record WHERE identity = new.identity AND hash = new.hash;
    INSERT OR IGNORE INTO chain VALUES (new.source, new.part, 0, printf('%064d', 0), -1);
    SELECT RAISE(ABORT, 'a record before it is missing, repeated or changed') WHERE NOT EXISTS (
        SELECT * FROM chain WHERE source = new.source AND part = new.part
            AND next = new.sequence AND hash = new.previous_hash);
    UPDATE chain SET next = next + 1, hash = new.hash, offset = new.offset
        WHERE source = new.source AND part = new.part;
END;

-- One case an episode. A higher revision takes the place of a lower one; SHADOW is a model on
-- trial. A person is waited for while decided < revision. With `payee_advice` it is about a payment
-- that has not gone yet: the account is its payer's, a victim's, of which nothing is held.
CREATE TABLE IF NOT EXISTS freeze (id PRIMARY KEY, revision, state, account, advised, valid_until,
    payee_advice, held DEFAULT 0, decided DEFAULT 0);

CREATE TRIGGER IF NOT EXISTS advise AFTER INSERT ON record
WHEN new.mode = 'LIVE' AND new.state <> 'UNKNOWN' BEGIN
    INSERT INTO freeze (id, revision, state, account, advised, valid_until, payee_advice)
        VALUES (new.id, new.revision, new.state, new.account, new.advised, new.valid_until,
            nullif(new.payee_advice, ''))
        ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, state = excluded.state,
            advised = excluded.advised, valid_until = excluded.valid_until
        WHERE excluded.revision > revision;
END;

-- What people decided, as they wrote it. One that stands changes the case and is reported.
CREATE TABLE IF NOT EXISTS decision (line INTEGER PRIMARY KEY, id, revision INTEGER, result,
    held INTEGER, stands DEFAULT 0);

-- A hold needs advice that is open, in its last revision, and is at most what is advised, in whole
-- tiyn. A payment that was stopped is HELD 0.
CREATE TRIGGER IF NOT EXISTS decide AFTER INSERT ON decision
WHEN typeof(new.held) = 'integer' AND EXISTS (SELECT * FROM freeze WHERE id = new.id AND (
    (new.result IN ('HELD', 'PARTLY_HELD') AND new.revision = revision
        AND state IN ('ISSUED', 'AMENDED') AND (new.held BETWEEN 1 AND advised
            OR (new.result = 'HELD' AND new.held = 0 AND payee_advice IS NOT NULL)))
    OR (new.result IN ('NO_FUNDS', 'DECLINED', 'RELEASED', 'REFUNDED', 'CONFIRMED_FRAUD',
        'FALSE_POSITIVE') AND new.held = 0 AND new.revision BETWEEN 1 AND revision))) BEGIN
    UPDATE decision SET stands = 1 WHERE line = new.line;
    UPDATE freeze SET held = new.held, decided = new.revision WHERE id = new.id;
    INSERT INTO outcome (id, number, result, held)
        SELECT new.id, count(*) + 1, new.result, new.held FROM outcome WHERE id = new.id;
END;

-- Nothing stays held on advice that is over: WITHDRAWN, EXPIRED, or LAPSED by the own clock.
-- That is not reported: RELEASED is a person's word, that the advice was wrong.
CREATE TRIGGER IF NOT EXISTS lift AFTER UPDATE OF state ON freeze
WHEN new.held > 0 AND new.state NOT IN ('ISSUED', 'AMENDED') BEGIN
    UPDATE freeze SET held = 0 WHERE id = new.id;
END;

-- What is to be reported: one signal an episode, of which each outcome is the next revision.
CREATE TABLE IF NOT EXISTS outcome (id, number, result, held,
    at DEFAULT (1000000 * strftime('%s', 'now')), sent DEFAULT 0, PRIMARY KEY (id, number));

CREATE VIEW IF NOT EXISTS unsent AS
    SELECT 'outcome-' || id AS signal_id, number, result, outcome.held AS held, at, id, account,
        CASE WHEN payee_advice IS NULL THEN 'BENEFICIARY' ELSE 'VICTIM' END AS role
    FROM outcome JOIN freeze USING (id) WHERE sent = 0 ORDER BY outcome.rowid;
