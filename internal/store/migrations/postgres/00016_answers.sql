-- +goose Up
-- The moments of the last three answers to mails of an address, the oldest first, by
-- its keyed hash: nobody gets more in an hour (DESIGN, section 5).
CREATE TABLE answered (
  keyed_to  BYTEA PRIMARY KEY,
  first_at  BIGINT NOT NULL,
  second_at BIGINT NOT NULL,
  third_at  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE answered;
