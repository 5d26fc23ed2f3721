package request

import (
	"reflect"

	"dispositivo/dossier"
)

// putOnFile replaces what is on file by what a person said to an operator, and
// tells the contacts that gave way; nothing when both agree.
func (s *Service) putOnFile(h dossier.Holder, a Ask) []dossier.Effect {
	person := s.merged(h.Person, a.Person)
	if reflect.DeepEqual(person, h.Person) && a.Type == h.Type {
		return nil
	}
	effects := []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: person, Type: a.Type, Version: h.Version}}
	occasion := s.id()
	for _, kind := range dossier.ContactKinds() {
		old := h.Person.Contacts.Get(kind)
		if old == "" || !kind.CanConfirm() || old == person.Contacts.Get(kind) {
			continue
		}
		effects = append(effects, dossier.Tell{
			HolderID: h.ID, Kind: dossier.MessageContactChanged, Occasion: occasion + " " + string(kind),
			To: &dossier.Contact{Kind: kind, Value: old},
		})
	}
	return effects
}

// merged is what will be on file: what was said, with the contacts on file that
// nothing was said about. A contact that an operator took down is not proved.
func (s *Service) merged(onFile, said dossier.Person) dossier.Person {
	contacts := onFile.Contacts
	for _, kind := range dossier.ContactKinds() {
		if value := said.Contacts.Get(kind); value != "" && value != contacts.Get(kind) {
			contacts = contacts.With(kind, value, s.cfg.Clock.Now(), false)
		}
	}
	said.CodiceFiscale, said.Contacts = onFile.CodiceFiscale, contacts
	said.Standing = onFile.Standing // the archives' alone
	if onFile.Lang != "" {
		said.Lang = onFile.Lang
	}
	return said
}
