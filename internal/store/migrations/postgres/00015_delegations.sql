-- +goose Up
-- Who may act for whom (B10).
CREATE TABLE delegations (
  id           TEXT PRIMARY KEY,
  delegator_id TEXT NOT NULL REFERENCES holders(id),
  delegate_id  TEXT NOT NULL REFERENCES holders(id),
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL,
  from_at      BIGINT NOT NULL,
  until_at     BIGINT NOT NULL,
  granted_at   BIGINT NOT NULL,
  changed_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX delegations_one_of_a_kind ON delegations(delegator_id, kind) WHERE state <> 'ended';
CREATE INDEX delegations_delegate ON delegations(delegate_id, state);

-- For whom a session acts: the delegation, and its delegator.
ALTER TABLE sessions ADD COLUMN delegation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN acts_for TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sessions DROP COLUMN acts_for;
ALTER TABLE sessions DROP COLUMN delegation_id;
DROP TABLE delegations;
