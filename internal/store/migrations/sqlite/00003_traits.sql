-- +goose Up
-- What a page is known by when it comes again under another codice fiscale
-- (id.reused). outline is coarse and shows nothing personal, sealed_look opens
-- with the file's key, keyed_number is that of the document: an HMAC, NULL when no
-- zone was proved. Gone with the file's images (C14).
CREATE TABLE traits (
  file_id      TEXT NOT NULL REFERENCES files(id),
  page         BIGINT NOT NULL,
  holder_id    TEXT NOT NULL REFERENCES holders(id),
  outline      BLOB,
  sealed_look  BLOB,
  keyed_number BLOB,
  PRIMARY KEY (file_id, page)
);
CREATE INDEX traits_number ON traits(keyed_number);

-- +goose Down
DROP TABLE traits;
