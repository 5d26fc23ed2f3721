-- +goose Up
-- Lost PINs: what somebody who is not signed in asked for, as keyed hashes alone.
-- holder_id and pin_id are '' unless a worker found that it fits.
CREATE TABLE pin_losses (
  id            TEXT PRIMARY KEY,
  kind          TEXT NOT NULL,
  keyed_cf      BYTEA NOT NULL,
  keyed_mobile  BYTEA NOT NULL,
  keyed_address BYTEA NOT NULL,
  keyed_handle  BYTEA,
  keyed_code    BYTEA NOT NULL,
  holder_id     TEXT NOT NULL,
  pin_id        TEXT NOT NULL,
  wrong         BIGINT NOT NULL,
  until         BIGINT NOT NULL,
  closed        BIGINT NOT NULL
);
CREATE UNIQUE INDEX pin_losses_handle ON pin_losses(keyed_handle) WHERE keyed_handle IS NOT NULL;
CREATE INDEX pin_losses_until ON pin_losses(until);
CREATE INDEX dossiers_of_pin ON dossiers(pin_id);

-- What operators wrote when they revoked, suspended, resumed or unlocked.
CREATE TABLE pin_notes (
  id          TEXT PRIMARY KEY,
  holder_id   TEXT NOT NULL REFERENCES holders(id),
  pin_id      TEXT NOT NULL,
  operator_id TEXT NOT NULL,
  action      TEXT NOT NULL,
  reason      TEXT NOT NULL,
  sealed      BYTEA NOT NULL,
  at          BIGINT NOT NULL
);
CREATE INDEX pin_notes_holder ON pin_notes(holder_id, at);

-- +goose Down
DROP TABLE pin_notes;
DROP INDEX dossiers_of_pin;
DROP TABLE pin_losses;
