package main

import (
	"context"
	"fmt"
	"sync"

	"dispositivo/api/portal"
	"dispositivo/internal/notify"
)

// boxSize is how many messages a demonstration's box shows.
const boxSize = 200

// box is the carrier of a demonstration. What it was handed lies in memory
// alone, as it would in a telephone: the store masks secrets that went out.
type box struct {
	mu    sync.Mutex
	texts map[string]string // by the message's id
	order []string
}

// Send implements notify.Sender.
func (b *box) Send(_ context.Context, m notify.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.texts == nil {
		b.texts = map[string]string{}
	}
	if _, known := b.texts[m.ID]; !known {
		b.order = append(b.order, m.ID)
	}
	b.texts[m.ID] = m.Text
	if len(b.order) > boxSize {
		delete(b.texts, b.order[0])
		b.order = b.order[1:]
	}
	return nil
}

// text returns what was handed over under an id; otherwise what the store has.
func (b *box) text(id, stored string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text, ok := b.texts[id]; ok {
		return text
	}
	return stored
}

// messageBox shows the newest messages of a demonstration.
func (h *house) messageBox(ctx context.Context) ([]portal.Message, error) {
	all, err := h.store.Messages(ctx, "", boxSize)
	if err != nil {
		return nil, fmt.Errorf("read message box: %w", err)
	}
	var list []portal.Message
	for _, m := range all {
		if m.Sent && m.Letter != nil {
			list = append(list, portal.Message{
				At: m.SentAt, Class: m.Letter.Class, To: m.Letter.To, Subject: m.Letter.Subject, Text: h.box.text(m.ID, m.Letter.Text),
			})
		}
	}
	return list, nil
}
