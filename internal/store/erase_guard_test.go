package store_test

import (
	"database/sql"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dispositivo/internal/testkit/house"
)

// What becomes of a column when its holder is erased. "gone" and "emptied" are
// what erase.go does; everything else is a reason to keep it.
const (
	gone    = "gone"    // the row is deleted
	emptied = "emptied" // the column is overwritten
	sealed  = "sealed under the holder's key, which is destroyed"
	id      = "an id: random or counted, and leads to nobody any more"
	when    = "a moment or a day of work"
	about   = "a code, a count or a measure, the same for many"
	proof   = "a keyed hash that proves what was decided on; nothing is computed from it"
	staff   = "of an operator, not of a holder"
	nobody  = "in a table that names no holder"
	expires = "a keyed hash that nobody can compute from the person's data alone; chores delete it in time"
	posted  = "under the letter's key, which is destroyed when its batch is posted"
)

// kept lists every column of the schema, by table.
var kept = map[string]map[string]string{
	"activations":       {"*": gone},
	"challenges":        {"*": gone},
	"composition_files": {"*": gone},
	"compositions":      {"*": gone},
	"halves":            {"*": gone},
	"idempotency":       {"*": gone},
	"locks":             {"*": gone}, // the other budgets of a person: see `holder erase`
	"messages":          {"*": gone},
	"message_receipts":  {"*": gone},
	"pin_losses":        {"*": gone},
	"pin_notes":         {"*": gone},
	"pin_requests":      {"*": gone},
	"proposals":         {"*": gone},
	"sessions":          {"*": gone},
	"stop_links":        {"*": gone},
	"traits":            {"*": gone},

	"audit_checkpoints": {"*": nobody},
	"goose_db_version":  {"*": nobody},
	"letter_batches":    {"*": nobody},
	"meta":              {"*": nobody},
	"notices":           {"*": nobody}, // of a dossier: its id, numbers and states, see dossier.NoticeBody
	"refusals":          {"*": nobody},
	"register":          {"*": nobody},
	"answered":          {"*": expires},
	"devices":           {"*": expires},
	"operators":         {"*": staff},
	"reviews":           {"*": staff},
	"views":             {"*": staff},

	"holders": {
		"id": id, "keyed_cf": emptied, "wrapped_key": emptied, "sealed": emptied, "office": about, "created_at": when,
		"type": about, "version": about, "erased_at": when,
	},
	"pins": {
		"id": id, "holder_id": id, "kind": about, "state": about, "version": about, "hash": emptied, "issued_at": when,
		"changed_at": when, "channel": about, "confirmed_at": when, "activated_at": when, "window_until": when, "secret_at": when,
	},
	"dossiers": {
		"id": id, "holder_id": id, "pin_id": id, "state": about, "version": about, "office": about, "form_version": about,
		"sealed_form": sealed, "token_id": id, "sealed_code": sealed, "code_hash": emptied, "reason": about, "escalated": about,
		"offered_at": when, "due_at": when, "opened_at": when, "changed_at": when,
	},
	"submissions": {
		"id": id, "protocol_year": id, "protocol_number": id, "channel": about, "external_id": id, "holder_id": id,
		"dossier_id": id, "state": about, "cleared": about, "received_at": when, "keyed_sender": emptied, "office": about, "version": about, "refusal": about,
	},
	"files": {
		"id": id, "submission_id": id, "dossier_id": id, "blob": emptied, "wrapped_key": emptied, "keyed_hash": proof,
		"bytes": about, "format": about, "sealed_zones": emptied, "evidence": about, "sealed_origin": emptied, "sealed_clues": emptied,
		"within_at": about, "within_length": about,
	},
	"pages": {
		"file_id": id, "n": about, "width": about, "height": about, "dpi_x": about, "dpi_y": about, "encoding": about, "turn": about,
		"image_blob": emptied, "thumb_blob": emptied, "keyed_pixels": emptied,
	},
	"findings": {"submission_id": id, "n": about, "code": about, "severity": about, "page": about, "detail": about},
	"decisions": {
		"id": id, "dossier_id": id, "review_id": id, "operator_id": staff, "action": about, "reason": about, "sealed_note": sealed,
		"version": about, "seen_hash": proof, "void": about, "at": when,
	},
	"domande": {
		"id": id, "holder_id": id, "service": about, "state": about, "sealed": sealed, "idem_key": emptied, "delegate_id": id,
		"protocol_year": id, "protocol_number": id, "filed_at": when, "released_at": when,
	},
	"delegations": {
		"id": id, "delegator_id": id, "delegate_id": id, "kind": about, "state": emptied, "from_at": when, "until_at": when,
		"granted_at": when, "changed_at": when,
	},
	"letters": {
		"id": id, "pin_id": id, "batch_id": id, "n": about, "state": about, "destination": about, "wrapped_key": posted,
		"sealed": posted, "printed_at": when, "posted_at": when, "changed_at": when,
	},
	"outbox": {
		"id": id, "kind": about, "subject": id, "due_at": when, "rung_at": when, "attempt": about, "closed_at": when,
		"created_at": when, "taken_at": when, "failures": about,
	},
	"audit": {
		"id": id, "at": when, "actor": id, "action": about, "subject": id, "holder_id": id, "detail": about, "seq": about,
		"chain": proof, "uid": id, "sealed": sealed, "stamp": proof,
	},
}

// proves B6: an erasure decides on every column of the schema, so that a new one
// with somebody's data is not overlooked; and what is said to be forgotten is.
func TestErasureKnowsEveryColumn(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		schema := columns(t, e)
		for table, names := range schema {
			for _, name := range names {
				if kept[table]["*"] == "" && kept[table][name] == "" {
					t.Errorf("%s.%s: forget it in erase.go, or say here why it may stay", table, name)
				}
			}
		}
		for table, fates := range kept {
			for name := range fates {
				if schema[table] == nil || name != "*" && !slices.Contains(schema[table], name) {
					t.Errorf("%s.%s is not in the schema", table, name)
				}
			}
		}
	})
	source, err := os.ReadFile("erase.go")
	if err != nil {
		t.Fatal(err)
	}
	for table, fates := range kept {
		for name, fate := range fates {
			switch {
			case fate == gone && !strings.Contains(string(source), "DELETE FROM "+table+" "):
				t.Errorf("erase.go deletes nothing of %s", table)
			case fate == emptied && !regexp.MustCompile("UPDATE "+table+" SET [^`]*\\b"+name+" = ").Match(source):
				t.Errorf("erase.go does not empty %s.%s", table, name)
			}
		}
	}
}

// columns returns those of every table.
func columns(t *testing.T, e house.House) map[string][]string {
	t.Helper()
	driver, query := "sqlite", `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'`
	if strings.HasPrefix(e.URL, "postgres") {
		driver, query = "pgx", `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`
	}
	db, err := sql.Open(driver, e.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // checked by Err
	found := map[string][]string{}
	for rows.Next() {
		var table, name string
		if err := rows.Scan(&table, &name); err != nil {
			t.Fatal(err)
		}
		found[table] = append(found[table], name)
	}
	if err := rows.Err(); err != nil || len(found) < 20 {
		t.Fatalf("%d tables, %v", len(found), err)
	}
	return found
}
