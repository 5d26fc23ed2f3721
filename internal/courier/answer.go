package courier

import (
	"context"
	"errors"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/notify"
)

// wordAnswer words the answer to a mail. Nothing is known of who wrote it, the
// language least of all, so that it is said in every one; and it goes back the way
// the mail came.
func (c *Courier) wordAnswer(ctx context.Context, m dossier.Message) (dossier.Message, error) {
	if m.To == nil {
		return m, &dossier.Error{Code: dossier.CodeInternal, Err: errors.New("a message for nobody")}
	}
	class := classOf(m.To.Kind)
	var subjects, texts []string
	for _, lang := range c.cfg.Composer.Languages() {
		msg, err := c.cfg.Composer.Compose(class, m.Kind, lang, m.Values)
		if err != nil {
			return m, err
		}
		subjects, texts = append(subjects, msg.Subject), append(texts, msg.Text)
	}
	letter := dossier.Letter{
		Class: string(class), To: m.To.Value, Subject: strings.Join(subjects, " / "), Text: strings.Join(texts, "\n\n* * *\n\n"),
		MessageID: notify.MessageID(m.Kind, m.ID, c.cfg.Domain), InReplyTo: m.Values[dossier.AnswerTo],
	}
	_, err := c.cfg.Store.Apply(ctx, dossier.Change{Actor: worker, Effects: []dossier.Effect{dossier.SealLetter{MessageID: m.ID, Letter: letter}}})
	if err != nil && dossier.CodeOf(err) != dossier.CodeConflict {
		return m, err
	}
	return c.worded(ctx, m.ID)
}
