-- +goose Up
-- The office whose scanner left it in the scan folder (C6); '' for everything else.
ALTER TABLE submissions ADD COLUMN office TEXT NOT NULL DEFAULT '';
CREATE INDEX submissions_office ON submissions(office, received_at) WHERE office <> '';

-- +goose Down
DROP INDEX submissions_office;
ALTER TABLE submissions DROP COLUMN office;
