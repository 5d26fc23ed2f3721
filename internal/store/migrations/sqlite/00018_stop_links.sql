-- +goose Up
-- The links that stop a conversion (C12), one a message; used_at 0: not yet.
CREATE TABLE stop_links (
  message_id   TEXT PRIMARY KEY,
  keyed_handle BLOB NOT NULL,
  holder_id    TEXT NOT NULL REFERENCES holders(id),
  dossier_id   TEXT NOT NULL REFERENCES dossiers(id),
  used_at      BIGINT NOT NULL,
  suspends     BIGINT NOT NULL
);
CREATE UNIQUE INDEX stop_links_handle ON stop_links(keyed_handle);
CREATE INDEX stop_links_cases ON stop_links(used_at) WHERE suspends = 1;

-- +goose Down
DROP TABLE stop_links;
