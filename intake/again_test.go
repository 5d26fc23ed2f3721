package intake_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/testkit/house"
)

// closed is what conversion says once the PIN is dispositivo.
type closed struct{}

func (closed) Open(context.Context, dossier.Actor) (dossier.Dossier, error) {
	return dossier.Dossier{}, dossier.Problem(dossier.CodeAlreadyDispositivo)
}

// A client whose first answer got lost has its receipt by the same key, even
// after the dossier was closed; other bytes under the key are a mistake.
func TestReceiptByKeyAfterTheEnd(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Begin(holder)
		send := func(d *intake.Door, data []byte, key string) (intake.Receipt, error) {
			return d.Accept(t.Context(), intake.Arrival{Actor: house.Citizen(holder), Body: bytes.NewReader(data), IdempotencyKey: key})
		}
		first, err := send(newDoor(h, id, fine), pdf(500), "k")
		if err != nil || first.Repeated {
			t.Fatalf("%+v, %v", first, err)
		}
		h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
		door := intake.NewDoor(intake.Config{
			Store: h.Store, Vault: h.Vault, Dossiers: closed{}, Hash: h.Keys.MAC("content"),
			Clock: h.Clock, Logger: slog.New(slog.DiscardHandler), MaxBytes: 1000,
		})
		again, err := send(door, pdf(500), "k")
		if err != nil || !again.Repeated || again.Protocol != first.Protocol || again.State != dossier.StateWithdrawn {
			t.Errorf("%+v, %v", again, err)
		}
		_, err = send(door, pdf(501), "k")
		house.WantCode(t, err, dossier.CodeIdempotency)
		_, err = send(door, pdf(500), "another")
		house.WantCode(t, err, dossier.CodeAlreadyDispositivo)
		_, err = send(door, pdf(500), "")
		house.WantCode(t, err, dossier.CodeAlreadyDispositivo)
	})
}
