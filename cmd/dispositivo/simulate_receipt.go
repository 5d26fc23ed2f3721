package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dispositivo/internal/clock"
)

// simulateReceiptCmd is an operator of PEC that certifies what became of a message of
// ours.
type simulateReceiptCmd struct {
	mailTarget `embed:""`

	Kind      string `help:"What it certifies (tipo)." default:"avvenuta-consegna" enum:"accettazione,non-accettazione,presa-in-carico,avvenuta-consegna,preavviso-errore-consegna,errore-consegna,rilevazione-virus"`
	Failure   string `help:"Why the message is not delivered (errore)." default:"nessuno" enum:"nessuno,no-dest,no-dominio,virus,altro"`
	Box       string `help:"Our PEC box, which the message left: --pec-smtp-from, or --smtp-from, of the server." default:"no-reply@pin.example"`
	Recipient string `help:"Whom the message went to." required:""`
	Gestore   string `help:"Folder with the test operator of PEC, made when it is missing: serve with --pec-operators on it." default:"gestore" type:"path"`
	MessageID string `arg:"" help:"Message-ID of the message: KIND.ID@HOST, as GET /me/messages tells kind and id."`
}

// Validate is called by kong.
func (c *simulateReceiptCmd) Validate() error {
	for _, name := range []string{c.Box, c.Recipient, c.MessageID} {
		if !strings.Contains(name, "@") || strings.ContainsAny(name, "<>& \r\n") {
			return errors.New("box, recipient, message id: not an address")
		}
	}
	return c.check()
}

// Run implements the command. It fails when the receipt was not taken.
func (c *simulateReceiptCmd) Run(env *environment) error {
	now := clock.System().Now()
	operator, err := openGestore(c.Gestore, now)
	if err != nil {
		return err
	}
	raw, err := operator.receipt(c, now)
	if err != nil {
		return err
	}
	if err := c.sendFrom(env.ctx, gestoreAddr, raw); err != nil {
		fmt.Fprintln(env.stderr, err)
		return exitError(exitFailed)
	}
	fmt.Fprintln(env.stdout, "receipt sent")
	return nil
}

// receipt words a receipt as operators do.
func (g *gestore) receipt(c *simulateReceiptCmd, at time.Time) ([]byte, error) {
	delivered := ""
	if strings.Contains(c.Kind, "consegna") {
		delivered = "<consegna>" + c.Recipient + "</consegna>"
	}
	utc := at.UTC()
	id := fmt.Sprintf("sim-%d", at.UnixNano())
	daticert := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="%[1]s" errore="%[2]s"><intestazione><mittente>%[3]s</mittente><destinatari tipo="certificato">%[4]s</destinatari>
<risposte>%[3]s</risposte><oggetto>Messaggio</oggetto></intestazione><dati><gestore-emittente>Gestore di prova</gestore-emittente>
<data zona="+0000"><giorno>%[5]s</giorno><ora>%[6]s</ora></data><identificativo>%[7]s@gestore.example</identificativo>
<msgid>&lt;%[8]s&gt;</msgid>%[9]s</dati></postacert>`,
		c.Kind, c.Failure, c.Box, c.Recipient, utc.Format("02/01/2006"), utc.Format("15:04:05"), id, c.MessageID, delivered)
	header := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s@gestore.example>\r\nSubject: %s\r\nX-Ricevuta: %s\r\nX-Riferimento-Message-ID: <%s>\r\n",
		gestoreAddr, c.To, at.Format(time.RFC1123Z), id, strings.ToUpper(strings.ReplaceAll(c.Kind, "-", " ")), c.Kind, c.MessageID)
	return g.signed(header, id, signable(id, daticert, nil), false)
}
