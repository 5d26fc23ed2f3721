-- +goose Up
-- Why an operator refused a submission; '': none did.
ALTER TABLE submissions ADD COLUMN refusal TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE submissions DROP COLUMN refusal;
