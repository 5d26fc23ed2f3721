-- +goose Up
-- PINs on the way from the first half to the second: one for each issue, in one
-- session. sealed holds the contacts given.
CREATE TABLE activations (
  pin_id     TEXT PRIMARY KEY REFERENCES pins(id),
  holder_id  TEXT NOT NULL REFERENCES holders(id),
  session    BLOB NOT NULL,
  sealed     BLOB NOT NULL,
  started_at BIGINT NOT NULL,
  until      BIGINT NOT NULL
);
CREATE INDEX activations_session ON activations(session);

-- +goose Down
DROP TABLE activations;
