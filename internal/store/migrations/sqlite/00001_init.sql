-- +goose Up
-- Times are microseconds since 1970 in UTC, 0 meaning never. Sealed columns
-- hold ciphertext; keyed columns hold HMACs that can be looked up, not guessed.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE holders (
  id         TEXT PRIMARY KEY,
  keyed_cf   BLOB NOT NULL UNIQUE,
  wrapped_key BLOB NOT NULL,
  sealed     BLOB NOT NULL,
  office     TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE pins (
  id         TEXT PRIMARY KEY,
  holder_id  TEXT NOT NULL REFERENCES holders(id),
  kind       TEXT NOT NULL,
  state      TEXT NOT NULL,
  version    BIGINT NOT NULL,
  hash       TEXT NOT NULL,
  must_change INTEGER NOT NULL,
  issued_at  BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pins_one_current ON pins(holder_id) WHERE state IN ('active', 'suspended', 'lapsed');

CREATE TABLE locks (
  keyed_cf     BLOB PRIMARY KEY,
  wrong        BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL
);

CREATE TABLE operators (
  id          TEXT PRIMARY KEY,
  username    TEXT NOT NULL UNIQUE,
  hash        TEXT NOT NULL,
  sealed_totp BLOB NOT NULL,
  totp_step   BIGINT NOT NULL,
  role        TEXT NOT NULL,
  office      TEXT NOT NULL,
  keyed_cf    BLOB NOT NULL,
  disabled    INTEGER NOT NULL,
  created_at  BIGINT NOT NULL
);

CREATE TABLE sessions (
  hash       BLOB PRIMARY KEY,
  role       TEXT NOT NULL,
  actor_id   TEXT NOT NULL,
  pin_id     TEXT NOT NULL,
  csrf       TEXT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions(expires_at);

CREATE TABLE dossiers (
  id           TEXT PRIMARY KEY,
  holder_id    TEXT NOT NULL REFERENCES holders(id),
  pin_id       TEXT NOT NULL REFERENCES pins(id),
  state        TEXT NOT NULL,
  version      BIGINT NOT NULL,
  office       TEXT NOT NULL,
  form_version TEXT NOT NULL,
  sealed_form  BLOB NOT NULL,
  token_id     TEXT NOT NULL UNIQUE,
  sealed_code  BLOB NOT NULL,
  code_hash    BLOB NOT NULL,
  reason       TEXT NOT NULL,
  escalated    INTEGER NOT NULL,
  offered_at   BIGINT NOT NULL,
  due_at       BIGINT NOT NULL,
  opened_at    BIGINT NOT NULL,
  changed_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX dossiers_one_open ON dossiers(pin_id)
  WHERE state IN ('open', 'screening', 'waiting', 'reviewing', 'second_review', 'approved');
CREATE INDEX dossiers_queue ON dossiers(state, escalated, due_at);
CREATE INDEX dossiers_holder ON dossiers(holder_id, opened_at);

CREATE TABLE register (
  year BIGINT PRIMARY KEY,
  last BIGINT NOT NULL,
  last_at BIGINT NOT NULL
);

CREATE TABLE submissions (
  id              TEXT PRIMARY KEY,
  protocol_year   BIGINT NOT NULL,
  protocol_number BIGINT NOT NULL,
  channel         TEXT NOT NULL,
  external_id     TEXT NOT NULL,
  holder_id       TEXT NOT NULL,
  dossier_id      TEXT NOT NULL,
  state           TEXT NOT NULL,
  cleared         INTEGER NOT NULL,
  received_at     BIGINT NOT NULL,
  UNIQUE (channel, external_id),
  UNIQUE (protocol_year, protocol_number)
);
CREATE INDEX submissions_dossier ON submissions(dossier_id);
CREATE INDEX submissions_state ON submissions(state);

CREATE TABLE files (
  id            TEXT PRIMARY KEY,
  submission_id TEXT NOT NULL REFERENCES submissions(id),
  dossier_id    TEXT NOT NULL,
  blob          TEXT NOT NULL,
  wrapped_key   BLOB NOT NULL,
  keyed_hash    BLOB NOT NULL,
  bytes         BIGINT NOT NULL,
  format        TEXT NOT NULL,
  sealed_zones  BLOB
);
CREATE INDEX files_submission ON files(submission_id);
CREATE INDEX files_dossier_hash ON files(dossier_id, keyed_hash);
CREATE INDEX files_blob ON files(blob);

CREATE TABLE pages (
  file_id    TEXT NOT NULL REFERENCES files(id),
  n          BIGINT NOT NULL,
  width      BIGINT NOT NULL,
  height     BIGINT NOT NULL,
  dpi_x      DOUBLE PRECISION NOT NULL,
  dpi_y      DOUBLE PRECISION NOT NULL,
  encoding   TEXT NOT NULL,
  turn       BIGINT NOT NULL,
  image_blob TEXT NOT NULL,
  thumb_blob TEXT NOT NULL,
  PRIMARY KEY (file_id, n)
);
CREATE INDEX pages_image ON pages(image_blob);
CREATE INDEX pages_thumb ON pages(thumb_blob);

CREATE TABLE findings (
  submission_id TEXT NOT NULL REFERENCES submissions(id),
  n             BIGINT NOT NULL,
  code          TEXT NOT NULL,
  severity      TEXT NOT NULL,
  page          BIGINT NOT NULL,
  detail        TEXT NOT NULL,
  PRIMARY KEY (submission_id, n)
);

CREATE TABLE idempotency (
  holder_id     TEXT NOT NULL,
  idem_key      TEXT NOT NULL,
  submission_id TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  PRIMARY KEY (holder_id, idem_key)
);

CREATE TABLE refusals (
  id         TEXT PRIMARY KEY,
  channel    TEXT NOT NULL,
  code       TEXT NOT NULL,
  bytes      BIGINT NOT NULL,
  keyed_hash BLOB NOT NULL,
  at         BIGINT NOT NULL
);

CREATE TABLE reviews (
  id          TEXT PRIMARY KEY,
  dossier_id  TEXT NOT NULL REFERENCES dossiers(id),
  operator_id TEXT NOT NULL,
  lease_until BIGINT NOT NULL,
  closed      INTEGER NOT NULL,
  created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX reviews_one_per_dossier ON reviews(dossier_id) WHERE closed = 0;
CREATE UNIQUE INDEX reviews_one_per_operator ON reviews(operator_id) WHERE closed = 0;

CREATE TABLE views (
  operator_id TEXT NOT NULL,
  file_id     TEXT NOT NULL,
  page        BIGINT NOT NULL,
  image_blob  TEXT NOT NULL,
  first_at    BIGINT NOT NULL,
  PRIMARY KEY (operator_id, file_id, page, image_blob)
);

CREATE TABLE decisions (
  id          TEXT PRIMARY KEY,
  dossier_id  TEXT NOT NULL REFERENCES dossiers(id),
  review_id   TEXT NOT NULL,
  operator_id TEXT NOT NULL,
  action      TEXT NOT NULL,
  reason      TEXT NOT NULL,
  sealed_note BLOB NOT NULL,
  version     BIGINT NOT NULL,
  seen_hash   TEXT NOT NULL,
  void        INTEGER NOT NULL,
  at          BIGINT NOT NULL
);
CREATE INDEX decisions_dossier ON decisions(dossier_id, at);

CREATE TABLE messages (
  id          TEXT PRIMARY KEY,
  holder_id   TEXT NOT NULL,
  dossier_id  TEXT NOT NULL,
  kind        TEXT NOT NULL,
  occasion    TEXT NOT NULL,
  state       TEXT NOT NULL,
  wrapped_key BLOB,
  sealed      BLOB,
  created_at  BIGINT NOT NULL,
  sent_at     BIGINT NOT NULL,
  UNIQUE (dossier_id, kind, occasion)
);

CREATE TABLE outbox (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  due_at     BIGINT NOT NULL,
  rung_at    BIGINT NOT NULL,
  attempt    BIGINT NOT NULL,
  closed_at  BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_open ON outbox(rung_at, due_at) WHERE closed_at = 0;

CREATE TABLE audit (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  at        BIGINT NOT NULL,
  actor     TEXT NOT NULL,
  action    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  holder_id TEXT NOT NULL,
  detail    TEXT NOT NULL,
  seq       BIGINT,
  chain     BLOB
);
CREATE UNIQUE INDEX audit_seq ON audit(seq);
CREATE INDEX audit_unsealed ON audit(id) WHERE seq IS NULL;
CREATE INDEX audit_subject ON audit(subject);

-- +goose Down
DROP TABLE audit;
DROP TABLE outbox;
DROP TABLE messages;
DROP TABLE decisions;
DROP TABLE views;
DROP TABLE reviews;
DROP TABLE refusals;
DROP TABLE idempotency;
DROP TABLE findings;
DROP TABLE pages;
DROP TABLE files;
DROP TABLE submissions;
DROP TABLE register;
DROP TABLE dossiers;
DROP TABLE sessions;
DROP TABLE operators;
DROP TABLE locks;
DROP TABLE pins;
DROP TABLE holders;
DROP TABLE meta;
