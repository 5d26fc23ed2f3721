package pin_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
)

// proves B3: however often somebody else asks for a code in the holder's name, the
// holder is not flooded, and the one that came last can be answered.
func TestStrangersCodesKeepNoHolderOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINActive)
	devices := pin.NewDevices(w.Store, w.Clock, throttle.New(w.Clock, 5, 5*time.Minute))
	asked := 0
	for n := range 20 {
		source := fmt.Sprintf("net %d", n)
		err := devices.Ask(t.Context(), someCF, source)
		if err != nil {
			house.WantCode(t, err, dossier.CodeRateLimited)
			continue
		}
		asked++
	}
	if asked != 5 {
		t.Errorf("%d codes are sent, want 5", asked)
	}
	task := w.Task(dossier.TaskDeviceCode, "")
	if err := devices.Send(t.Context(), task.ID, task.Subject); err != nil {
		t.Fatal(err)
	}
	code := w.deliver(holder, dossier.MessageDeviceCode)["code"]
	if err := devices.Answer(t.Context(), someCF, code, "home", "home"); err != nil {
		t.Errorf("the holder cannot answer: %v", err)
	}
}

// writes counts what answering a code writes.
type writes struct {
	pin.DeviceStore
	n int
}

func (w *writes) CountWrongAnswer(ctx context.Context, id string, limit int) error {
	w.n++
	return w.DeviceStore.CountWrongAnswer(ctx, id, limit)
}

func (w *writes) RememberDevice(ctx context.Context, cf, device string, until time.Time) error {
	w.n++
	return w.DeviceStore.RememberDevice(ctx, cf, device, until)
}

// proves B3: a wrong code costs one write, whether or not anybody was sent one; and
// makes no device known, nor forgets one.
func TestWrongCodesCostAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	holder := w.add(dossier.PINActive)
	store := &writes{DeviceStore: w.Store}
	devices := pin.NewDevices(store, w.Clock, throttle.New(w.Clock, 100, time.Second))
	if err := w.RememberDevice(t.Context(), otherCF, "d", w.Clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := devices.Ask(t.Context(), someCF, "net"); err != nil {
		t.Fatal(err)
	}
	task := w.Task(dossier.TaskDeviceCode, "")
	if err := devices.Send(t.Context(), task.ID, task.Subject); err != nil {
		t.Fatal(err)
	}
	w.deliver(holder, dossier.MessageDeviceCode)
	for _, cf := range []string{someCF, otherCF} {
		store.n = 0
		house.WantCode(t, devices.Answer(t.Context(), cf, "AAAAAAAA", "d", "net"), dossier.CodeChallengeWrong)
		if store.n != 1 {
			t.Errorf("%s: %d writes, want 1", cf, store.n)
		}
		if known, err := w.KnownDevice(t.Context(), cf, "d"); err != nil || known != (cf == otherCF) {
			t.Errorf("%s: known %t, %v", cf, known, err)
		}
	}
}
