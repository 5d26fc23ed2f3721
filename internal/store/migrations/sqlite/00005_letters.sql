-- +goose Up
-- What goes to the print house at once. While nobody took a file of it, it is
-- the day's open one; then it takes no more letters.
CREATE TABLE letter_batches (
  id        TEXT PRIMARY KEY,
  day       TEXT NOT NULL,
  made_at   BIGINT NOT NULL,
  taken_at  BIGINT NOT NULL,
  -- fetched_at is when its letters, not the manifest alone, were first handed out.
  fetched_at BIGINT NOT NULL DEFAULT 0,
  posted_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX letter_batches_open ON letter_batches(day) WHERE taken_at = 0;

-- Letters with second halves. sealed is what a letter says, until it was posted.
CREATE TABLE letters (
  id          TEXT PRIMARY KEY,
  pin_id      TEXT NOT NULL REFERENCES pins(id),
  batch_id    TEXT NOT NULL REFERENCES letter_batches(id),
  n           BIGINT NOT NULL,
  state       TEXT NOT NULL,
  destination        TEXT NOT NULL,
  wrapped_key BLOB,
  sealed      BLOB,
  printed_at  BIGINT NOT NULL,
  posted_at   BIGINT NOT NULL,
  changed_at  BIGINT NOT NULL,
  UNIQUE (batch_id, n)
);
-- One letter at a time holds an issue's second half.
CREATE UNIQUE INDEX letters_one_living ON letters(pin_id) WHERE state IN ('printed', 'posted');
CREATE INDEX letters_of_pin ON letters(pin_id, printed_at);
CREATE INDEX pins_by_window ON pins(window_until) WHERE window_until > 0;
CREATE INDEX pins_with_letter ON pins(id) WHERE state = 'letter_released';

-- +goose Down
DROP INDEX pins_with_letter;
DROP INDEX pins_by_window;
DROP TABLE letters;
DROP TABLE letter_batches;
