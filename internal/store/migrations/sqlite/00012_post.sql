-- +goose Up
-- What comes by post: fax, e-mail, PEC. sealed_origin is what the channel says of
-- the sender and what was typed beside the pages, sealed_clues what was read on
-- them, both under the file's key and gone with it. evidence marks an original
-- that is kept and not read, such as the whole mail. keyed_sender finds earlier
-- arrivals of the same sender: a hint, never an identity (C9).
ALTER TABLE submissions ADD COLUMN keyed_sender BLOB;
CREATE INDEX submissions_sender ON submissions(keyed_sender);
ALTER TABLE files ADD COLUMN evidence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN sealed_origin BLOB;
ALTER TABLE files ADD COLUMN sealed_clues BLOB;
CREATE INDEX files_hash ON files(keyed_hash);

-- +goose Down
DROP INDEX files_hash;
DROP INDEX submissions_sender;
ALTER TABLE files DROP COLUMN sealed_clues;
ALTER TABLE files DROP COLUMN sealed_origin;
ALTER TABLE files DROP COLUMN evidence;
ALTER TABLE submissions DROP COLUMN keyed_sender;
