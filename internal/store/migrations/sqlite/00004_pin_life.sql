-- +goose Up
ALTER TABLE holders ADD COLUMN type TEXT NOT NULL DEFAULT 'citizen';
ALTER TABLE holders ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE pins ADD COLUMN channel TEXT NOT NULL DEFAULT 'online';
ALTER TABLE pins ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pins ADD COLUMN activated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pins ADD COLUMN window_until BIGINT NOT NULL DEFAULT 0;
-- secret_at is when the PIN in use was set.
ALTER TABLE pins ADD COLUMN secret_at BIGINT NOT NULL DEFAULT 0;
UPDATE pins SET secret_at = issued_at;
UPDATE pins SET state = 'must_change' WHERE state = 'active' AND must_change <> 0;
ALTER TABLE pins DROP COLUMN must_change;

DROP INDEX pins_one_current;
CREATE UNIQUE INDEX pins_one_living ON pins(holder_id) WHERE state NOT IN ('refused', 'revoked', 'replaced');

-- The two halves of an issue that is not changed yet, each hashed by itself.
CREATE TABLE halves (
  pin_id TEXT NOT NULL REFERENCES pins(id),
  n      BIGINT NOT NULL,
  hash   TEXT NOT NULL,
  class  TEXT NOT NULL,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (pin_id, n)
);

-- The PIN that a holder was shown and has yet to type back.
CREATE TABLE proposals (
  pin_id TEXT PRIMARY KEY REFERENCES pins(id),
  hash   TEXT NOT NULL,
  until  BIGINT NOT NULL
);

-- Devices that a holder signed in from, by a keyed hash of holder and device.
CREATE TABLE devices (
  keyed BLOB PRIMARY KEY,
  until BIGINT NOT NULL
);
CREATE INDEX devices_until ON devices(until);

-- Codes sent to a contact, to be typed back. sealed is the contact.
CREATE TABLE challenges (
  id         TEXT PRIMARY KEY,
  holder_id  TEXT NOT NULL REFERENCES holders(id),
  purpose    TEXT NOT NULL,
  sealed     BLOB NOT NULL,
  keyed_code BLOB NOT NULL,
  wrong      BIGINT NOT NULL,
  until      BIGINT NOT NULL,
  closed     INTEGER NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX challenges_open ON challenges(holder_id, purpose, created_at) WHERE closed = 0;

-- A message with a secret is masked when it is handed over: masked takes the
-- place of sealed, and the key that opened the secret is gone.
ALTER TABLE messages ADD COLUMN sealed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN masked_key BLOB;
ALTER TABLE messages ADD COLUMN masked BLOB;
-- data is what a message was told with: whom it goes to when that is not a
-- contact on file, and values that were drawn before it was worded.
ALTER TABLE messages ADD COLUMN data_key BLOB;
ALTER TABLE messages ADD COLUMN data BLOB;

-- +goose Down
ALTER TABLE messages DROP COLUMN data;
ALTER TABLE messages DROP COLUMN data_key;
ALTER TABLE messages DROP COLUMN masked;
ALTER TABLE messages DROP COLUMN masked_key;
ALTER TABLE messages DROP COLUMN sealed_at;
DROP TABLE challenges;
DROP TABLE devices;
DROP TABLE proposals;
DROP TABLE halves;
DROP INDEX pins_one_living;
CREATE UNIQUE INDEX pins_one_current ON pins(holder_id) WHERE state IN ('active', 'suspended', 'lapsed');
ALTER TABLE pins ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pins DROP COLUMN secret_at;
ALTER TABLE pins DROP COLUMN window_until;
ALTER TABLE pins DROP COLUMN activated_at;
ALTER TABLE pins DROP COLUMN confirmed_at;
ALTER TABLE pins DROP COLUMN channel;
ALTER TABLE holders DROP COLUMN version;
ALTER TABLE holders DROP COLUMN type;
