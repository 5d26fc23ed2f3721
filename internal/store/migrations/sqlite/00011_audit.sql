-- +goose Up
-- Every row is stamped when it is written: uid is its own, stamp a keyed hash
-- over all that it says, so that the sealer takes nothing that was put in behind
-- its back. sealed holds personal fields under the holder's key. Rows of before
-- have no stamp; no release wrote one, and the log begins anew.
DELETE FROM audit;
ALTER TABLE audit ADD COLUMN uid TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN sealed BLOB;
ALTER TABLE audit ADD COLUMN stamp BLOB;
CREATE UNIQUE INDEX audit_uid ON audit(uid);
CREATE INDEX audit_holder ON audit(holder_id, id);
CREATE INDEX audit_at ON audit(at, id);
CREATE INDEX audit_actor ON audit(actor, id);
CREATE INDEX messages_holder ON messages(holder_id, id);

-- Signed statements of where the chain stood; copies go to a file outside.
CREATE TABLE audit_checkpoints (
  seq       BIGINT PRIMARY KEY,
  at        BIGINT NOT NULL,
  chain     BLOB NOT NULL,
  signature BLOB NOT NULL
);

-- When a holder's key was destroyed; 0: it was not.
ALTER TABLE holders ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE holders DROP COLUMN erased_at;
DROP TABLE audit_checkpoints;
DROP INDEX messages_holder;
DROP INDEX audit_actor;
DROP INDEX audit_at;
DROP INDEX audit_holder;
DROP INDEX audit_uid;
ALTER TABLE audit DROP COLUMN stamp;
ALTER TABLE audit DROP COLUMN sealed;
ALTER TABLE audit DROP COLUMN uid;
