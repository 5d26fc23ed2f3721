package journal

import (
	"context"
	"fmt"
	"strings"

	"dispositivo/dossier"
)

// Own returns the holder's own operations, the newest first: what was done about
// the holder, and what the holder did for another. Operators are named by their
// role alone, a delegate by name.
func (s *Service) Own(ctx context.Context, actor dossier.Actor, before int64) (Page, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return Page{}, err
	}
	page, err := s.page(ctx, Filter{Acting: actor.ID, Before: before})
	if err != nil {
		return Page{}, err
	}
	names := map[string]string{}
	for i := range page.Lines {
		l := &page.Lines[i]
		_, id, _ := strings.Cut(l.Actor, ":")
		l.Own = isHolder(l.Role) && id == actor.ID
		if isHolder(l.Role) && !l.Own {
			if l.Name, err = s.name(ctx, names, id); err != nil {
				return Page{}, err
			}
		}
		if l.HolderID != "" && l.HolderID != actor.ID {
			if l.For, err = s.name(ctx, names, l.HolderID); err != nil {
				return Page{}, err
			}
		}
	}
	return page, nil
}

// name returns a holder's name, "" for one who was erased.
func (s *Service) name(ctx context.Context, known map[string]string, id string) (string, error) {
	if name, ok := known[id]; ok {
		return name, nil
	}
	h, err := s.store.Holder(ctx, id)
	if err != nil && dossier.CodeOf(err) != dossier.CodeNotFound {
		return "", fmt.Errorf("name holder: %w", err)
	}
	known[id] = strings.TrimSpace(h.Person.Name + " " + h.Person.Surname)
	return known[id], nil
}

// Messages is a part of the messages sent; Next is what to continue before, ""
// at the end.
type Messages struct {
	List []dossier.Message
	Next string
}

// Messages returns what the agency sent to the holder, the newest first; halves
// and codes are masked (B12).
func (s *Service) Messages(ctx context.Context, actor dossier.Actor, before string) (Messages, error) {
	if err := actor.Require(dossier.RoleCitizen); err != nil {
		return Messages{}, err
	}
	list, err := s.store.Sent(ctx, actor.ID, before, PageSize+1)
	if err != nil {
		return Messages{}, fmt.Errorf("read messages: %w", err)
	}
	m := Messages{List: list}
	if len(list) > PageSize {
		m.List = list[:PageSize]
		m.Next = m.List[PageSize-1].ID
	}
	return m, nil
}
