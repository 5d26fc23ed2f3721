package dossier

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Task is one row of the outbox: work that a transition caused and that nobody
// has finished yet.
type Task struct {
	ID      string
	Kind    TaskKind
	Subject string
	// Attempt counts the rings at the queue's door; a new one makes a new
	// queue id, because an archived task still holds its own.
	Attempt int
	DueAt   time.Time
}

// VersionedSubject names a dossier as it was at a version: a deadline set then
// means nothing after.
func VersionedSubject(id string, version int64) string {
	return id + "@" + strconv.FormatInt(version, 10)
}

// Versioned splits what VersionedSubject joined.
func (t Task) Versioned() (id string, version int64, err error) {
	id, v, _ := strings.Cut(t.Subject, "@")
	if version, err = strconv.ParseInt(v, 10, 64); err != nil {
		return "", 0, &Error{Code: CodeInternal, Err: fmt.Errorf("task subject without version: %w", err)}
	}
	return id, version, nil
}
