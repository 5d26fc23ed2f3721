-- +goose Up
-- Applications for benefits (B8). sealed is title and note, under the holder's
-- key; the number is one of the same register as that of submissions;
-- delegate_id is who filed it for the holder, '' for the holder in person.
CREATE TABLE domande (
  id              TEXT PRIMARY KEY,
  holder_id       TEXT NOT NULL REFERENCES holders(id),
  service         TEXT NOT NULL,
  state           TEXT NOT NULL,
  sealed          BYTEA NOT NULL,
  idem_key        TEXT,
  delegate_id     TEXT NOT NULL,
  protocol_year   BIGINT NOT NULL,
  protocol_number BIGINT NOT NULL,
  filed_at        BIGINT NOT NULL,
  released_at     BIGINT NOT NULL,
  UNIQUE (protocol_year, protocol_number),
  UNIQUE (holder_id, idem_key)
);
CREATE INDEX domande_holder ON domande(holder_id, filed_at);
CREATE INDEX domande_held ON domande(holder_id) WHERE state = 'held';

-- +goose Down
DROP TABLE domande;
