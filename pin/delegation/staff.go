package delegation

import (
	"context"

	"dispositivo/dossier"
)

// Of returns a holder's delegations, given and taken, the newest first, for an
// operator of the holder's office. Errors are those of RecordGuardian.
func (s *Service) Of(ctx context.Context, actor dossier.Actor, holderID string) ([]View, error) {
	h, err := s.ward(ctx, actor, holderID)
	if err != nil {
		return nil, err
	}
	return s.views(ctx, h.ID)
}
