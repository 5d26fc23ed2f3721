-- +goose Up
-- An attachment of a mail that is kept whole is not kept a second time: its row
-- says where in the mail it stands, in base64. 0, 0: it has a blob of its own.
ALTER TABLE files ADD COLUMN within_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN within_length INTEGER NOT NULL DEFAULT 0;
