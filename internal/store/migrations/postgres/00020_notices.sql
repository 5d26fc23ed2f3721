-- +goose Up
-- What subscribers are told of state changes, written in the transaction of the
-- change. ended_at 0: on its way; with a problem: given up.
CREATE TABLE notices (
  id         TEXT PRIMARY KEY,
  subscriber TEXT NOT NULL,
  type       TEXT NOT NULL,
  body       BYTEA NOT NULL,
  tries      BIGINT NOT NULL DEFAULT 0,
  problem    TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notices_ended ON notices(ended_at, problem);
-- A submission's moves are counted as a dossier's are.
ALTER TABLE submissions ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE submissions DROP COLUMN version;
DROP TABLE notices;
