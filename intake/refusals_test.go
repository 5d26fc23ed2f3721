package intake_test

import (
	"fmt"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
)

// proves C2, C7: what was turned away can be read, the newest first, page after page,
// by channel and time; by supervisors and auditors.
func TestLedgerOfRefusals(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		door := newDoor(h, "", fine)
		boss := dossier.Actor{Role: dossier.RoleSupervisor, ID: "s"}
		for n := range 60 { // many at one moment
			if err := door.NoteFailure(t.Context(), dossier.Actor{Role: dossier.RoleGateway, ID: "srfax"}, dossier.ChannelFax, fmt.Sprint("srfax/", n), "fax.failed"); err != nil {
				t.Fatal(err)
			}
		}
		noon := h.Clock.Now().Add(time.Hour)
		h.Clock.Advance(time.Hour)
		empty := fax("a/3", nil)
		empty.Channel, empty.Actor = dossier.ChannelMail, dossier.Actor{Role: dossier.RoleGateway, ID: "mail"}
		_, err := door.Receive(t.Context(), empty)
		house.WantCode(t, err, dossier.Code(dossier.FileEmpty))

		first, err := door.Refusals(t.Context(), boss, dossier.RefusalFilter{})
		if err != nil || len(first.Lines) != 50 || first.Next == "" {
			t.Fatalf("%d lines, next %q, %v", len(first.Lines), first.Next, err)
		}
		if l := first.Lines[0]; l.Channel != dossier.ChannelMail || l.Gateway != "mail" || l.Code != dossier.Code(dossier.FileEmpty) || !l.At.Equal(noon) {
			t.Errorf("newest: %+v", l)
		}
		rest, err := door.Refusals(t.Context(), boss, dossier.RefusalFilter{Before: first.Next})
		if err != nil || len(rest.Lines) != 11 || rest.Next != "" {
			t.Fatalf("%d lines, next %q, %v", len(rest.Lines), rest.Next, err)
		}
		seen := map[string]bool{}
		for _, l := range append(first.Lines, rest.Lines...) {
			seen[l.ID] = true
		}
		if len(seen) != 61 || rest.Lines[10].Gateway != "srfax" {
			t.Errorf("%d lines, the oldest of %q", len(seen), rest.Lines[10].Gateway)
		}
		for name, tt := range map[string]struct {
			filter dossier.RefusalFilter
			want   int
		}{
			"channel":   {dossier.RefusalFilter{Channel: dossier.ChannelMail}, 1},
			"since":     {dossier.RefusalFilter{Since: noon}, 1},
			"after all": {dossier.RefusalFilter{Since: noon.Add(time.Second)}, 0},
			"of both":   {dossier.RefusalFilter{Since: noon, Channel: dossier.ChannelFax}, 0},
			"no line":   {dossier.RefusalFilter{Before: "nothing"}, 0},
		} {
			if got, err := door.Refusals(t.Context(), boss, tt.filter); err != nil || len(got.Lines) != tt.want {
				t.Errorf("%s: %d lines, want %d, %v", name, len(got.Lines), tt.want, err)
			}
		}
		for _, role := range []dossier.Role{dossier.RoleOperator, dossier.RoleAdmin, dossier.RoleGateway, dossier.RoleCitizen} {
			_, err := door.Refusals(t.Context(), dossier.Actor{Role: role, ID: "x"}, dossier.RefusalFilter{})
			house.WantCode(t, err, dossier.CodeForbidden)
		}
	})
}
