-- +goose Up
-- keyed_pixels is an HMAC of a page's pixels as they came: the same page in another
-- encoding is found by it (C9). NULL: read before this was kept, never drawn, or erased
-- with its picture (C14). form: the page is our form, whose look is that of everybody's; it is
-- compared within its dossier alone (page.repeated), never between holders.
ALTER TABLE pages ADD COLUMN keyed_pixels BLOB;
CREATE INDEX pages_pixels ON pages(keyed_pixels);
ALTER TABLE traits ADD COLUMN form INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE traits DROP COLUMN form;
DROP INDEX pages_pixels;
ALTER TABLE pages DROP COLUMN keyed_pixels;
