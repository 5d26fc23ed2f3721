-- +goose Up
-- taken_at is when a worker took the task up; 0: nobody has it in hand.
ALTER TABLE outbox ADD COLUMN taken_at BIGINT NOT NULL DEFAULT 0;
-- failures counts the tries that failed; attempt counts the rings.
ALTER TABLE outbox ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE outbox DROP COLUMN failures;
ALTER TABLE outbox DROP COLUMN taken_at;
