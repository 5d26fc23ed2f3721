-- +goose Up
-- Which machine handed over what was refused, by its name; '': a person did, or nobody noted it.
ALTER TABLE refusals ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
CREATE INDEX refusals_at ON refusals(at, id);

-- +goose Down
DROP INDEX refusals_at;
ALTER TABLE refusals DROP COLUMN gateway;
