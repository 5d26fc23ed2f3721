package mail

import (
	"net"
	"testing"
	"time"

	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

// proves C5 C7: Postfix keeps a mail that we have no room for, sends it again when we
// have, and never twice.
func TestPostfixTriesAgain(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	door := &fussy{Door: newDoor(h), refuse: "<n1@casa.example>", refused: make(chan struct{}, 1)}
	addr := listen(t, ReceiverConfig{Taker: newTaker(t, h, door, "")})
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	postfix := testkit.Postfix(t, "smtp:["+host+"]:"+port)
	for n := range 3 {
		wantReply(t, send(t, postfix, "maria@casa.example", box, numbered(n, "", pdfOne)), 0)
	}
	<-door.refused
	door.relent()
	err = testkit.WaitFor(time.Minute, func() error {
		if n := len(received(t, h)); n != 3 {
			return invalid("%d arrivals of 3", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
