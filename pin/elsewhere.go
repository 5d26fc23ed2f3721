package pin

import (
	"context"
	"fmt"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/session"
)

// SignInElsewhere opens a session for who has proved to be the holder of a codice
// fiscale by SPID, CIE or CNS: the same person as the one with the PIN, and equal
// to PIN dispositivo whatever the PIN is or does (B9). evidence is kept sealed in
// the log. CodeIdentityUnknown says that nobody with this codice fiscale is on
// file; it is told only to the person.
func (a *Access) SignInElsewhere(ctx context.Context, way dossier.Way, code codicefiscale.Code, evidence map[string]string) (session.Session, error) {
	if !way.Elsewhere() {
		return session.Session{}, dossier.Problem(dossier.CodeIdentityRefused)
	}
	h, err := a.cfg.Store.HolderByCF(ctx, code.String())
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return session.Session{}, &dossier.Error{Code: dossier.CodeIdentityUnknown}
	}
	if err != nil {
		return session.Session{}, fmt.Errorf("sign in with %s: %w", way, err)
	}
	s, err := a.cfg.Sessions.StartElsewhere(ctx, dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID, Way: way}, evidence)
	if err != nil {
		return session.Session{}, fmt.Errorf("sign in with %s: %w", way, err)
	}
	return s, nil
}
