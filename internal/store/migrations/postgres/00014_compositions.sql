-- +goose Up
-- Files put together to one that fits, until they are confirmed; then the
-- originals, as evidence of the submission. pages holds sizes and findings, as
-- JSON, and nothing of what is on them.
CREATE TABLE compositions (
  id            TEXT PRIMARY KEY,
  holder_id     TEXT NOT NULL REFERENCES holders(id),
  submission_id TEXT NOT NULL,
  pages         TEXT NOT NULL,
  expires_at    BIGINT NOT NULL
);
CREATE INDEX compositions_holder ON compositions(holder_id);
CREATE INDEX compositions_expiry ON compositions(expires_at);
CREATE TABLE composition_files (
  id             TEXT PRIMARY KEY,
  composition_id TEXT NOT NULL REFERENCES compositions(id),
  kind           TEXT NOT NULL,
  n              BIGINT NOT NULL,
  blob           TEXT NOT NULL,
  wrapped_key    BYTEA NOT NULL,
  keyed_hash     BYTEA NOT NULL,
  bytes          BIGINT NOT NULL,
  format         TEXT NOT NULL,
  UNIQUE (composition_id, kind, n)
);
CREATE INDEX composition_files_blob ON composition_files(blob);

-- +goose Down
DROP TABLE composition_files;
DROP TABLE compositions;
