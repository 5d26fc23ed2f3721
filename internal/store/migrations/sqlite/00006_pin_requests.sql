-- +goose Up
-- Requests for a PIN that wait for the call of the contact centre. sealed is
-- what was asked with, under the holder's key; empty once it is closed.
CREATE TABLE pin_requests (
  id         TEXT PRIMARY KEY,
  holder_id  TEXT NOT NULL REFERENCES holders(id),
  pin_id     TEXT NOT NULL REFERENCES pins(id),
  sealed     BLOB NOT NULL,
  band       TEXT NOT NULL,
  attempts   BIGINT NOT NULL,
  asked_at   BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  closed     BIGINT NOT NULL
);
CREATE UNIQUE INDEX pin_requests_open ON pin_requests(pin_id) WHERE closed = 0;
CREATE INDEX pin_requests_due ON pin_requests(due_at) WHERE closed = 0;

-- +goose Down
DROP TABLE pin_requests;
