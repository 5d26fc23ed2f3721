package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/hibiken/asynq"

	"dispositivo/dossier"
)

// payload is all that Redis ever holds of a task: ids.
type payload struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	Attempt int    `json:"attempt"`
}

func encode(t dossier.Task) []byte {
	b, err := json.Marshal(payload{ID: t.ID, Subject: t.Subject, Attempt: t.Attempt})
	if err != nil {
		panic(err) // two strings and a number always encode
	}
	return b
}

func decode(rung *asynq.Task) (dossier.Task, error) {
	var p payload
	if err := json.Unmarshal(rung.Payload(), &p); err != nil {
		return dossier.Task{}, fmt.Errorf("decode task: %w", err)
	}
	return dossier.Task{ID: p.ID, Kind: dossier.TaskKind(rung.Type()), Subject: p.Subject, Attempt: p.Attempt}, nil
}

// The queues.
const (
	queueScreening = "screening"
	queueReviews   = "reviews"
	queueMessages  = "messages"
	queueNotices   = "notices"
)

// groups returns the queues of the kinds that this process has handlers for,
// with their priorities; each group has workers of its own.
func (q *Queue) groups() []map[string]int {
	screening, notices, others := map[string]int{}, map[string]int{}, map[string]int{}
	for kind := range q.cfg.Handlers {
		switch name := queueOf(kind); name {
		case queueScreening:
			screening[name] = 1
		case queueNotices:
			notices[name] = 1
		case queueReviews:
			others[name] = 2
		default:
			others[name] = 1
		}
	}
	var groups []map[string]int
	for _, g := range []map[string]int{others, screening, notices} {
		if len(g) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func queueOf(k dossier.TaskKind) string {
	switch k {
	case dossier.TaskScreen:
		return queueScreening
	case dossier.TaskNotify:
		return queueNotices
	case dossier.TaskSend, dossier.TaskDeviceCode, dossier.TaskReissue, dossier.TaskAnswer:
		return queueMessages
	case dossier.TaskOffer, dossier.TaskEscalate, dossier.TaskExpire, dossier.TaskConvert, dossier.TaskLapse, dossier.TaskRecover, dossier.TaskRevoke:
		return queueReviews
	}
	return queueReviews
}

// asynqLogger passes asynq's warnings on.
type asynqLogger struct{ to *slog.Logger }

func (l asynqLogger) Debug(...any)      {}
func (l asynqLogger) Info(...any)       {}
func (l asynqLogger) Warn(args ...any)  { l.log(slog.LevelWarn, args) }
func (l asynqLogger) Error(args ...any) { l.log(slog.LevelWarn, args) }
func (l asynqLogger) Fatal(args ...any) { l.log(slog.LevelError, args) }

func (l asynqLogger) log(level slog.Level, args []any) {
	l.to.LogAttrs(context.Background(), level, "asynq", slog.String("message", fmt.Sprint(args...))) // asynq gives no context
}
