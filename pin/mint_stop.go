package pin

import "dispositivo/dossier"

// stop draws the link that stops a conversion (C12). The message's occasion is
// the kind of contact it goes to: when its text lay too long and was forgotten,
// with whom it was for, the link goes to what is on file by then.
func stop(msg dossier.Message, h dossier.Holder) *dossier.Minted {
	handle := Handle()
	minted := &dossier.Minted{
		Values: map[string]string{"link": handle}, Masked: map[string]string{"link": "…"},
		Effects: []dossier.Effect{dossier.MintStop{MessageID: msg.ID, Handle: handle}},
	}
	if msg.To == nil {
		kind := dossier.ContactKind(msg.Occasion)
		minted.To = dossier.Contact{Kind: kind, Value: h.Person.Contacts.Get(kind)}
	}
	return minted
}
