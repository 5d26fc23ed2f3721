-- +goose Up
-- How a session was opened: 'pin', or an identity of elsewhere: 'spid', 'cie', 'cns'.
ALTER TABLE sessions ADD COLUMN way TEXT NOT NULL DEFAULT 'pin';

-- +goose Down
ALTER TABLE sessions DROP COLUMN way;
