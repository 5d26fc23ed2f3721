-- +goose Up
-- What operators of PEC certified of messages that went by PEC, and the submission
-- that is the receipt itself: it bears the address of whom the message went to. Rows are
-- never changed. holder_id '': the message answers a mail of anybody.
CREATE TABLE message_receipts (
  message_id    TEXT NOT NULL,
  kind          TEXT NOT NULL,
  holder_id     TEXT NOT NULL,
  submission_id TEXT NOT NULL,
  failure       TEXT NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (message_id, kind)
);
CREATE INDEX message_receipts_holder ON message_receipts(holder_id);
CREATE INDEX message_receipts_kind ON message_receipts(kind);

-- +goose Down
DROP TABLE message_receipts;
