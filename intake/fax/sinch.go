package fax

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// sinch reads the calls of Sinch's Fax API, version 3: JSON with the pages in
// base64, or multipart with a PDF. They are not signed; the credentials stand in
// the address that Sinch was given, so it comes as basic authentication.
type sinch struct{ user, password string }

// sinchEvent is what we need of an event.
type sinchEvent struct {
	Event string   `json:"event"`
	Fax   sinchFax `json:"fax"`
	File  []byte   `json:"file"`
}

type sinchFax struct {
	ID        string    `json:"id"`
	From      string    `json:"from"`
	Direction string    `json:"direction"`
	Status    string    `json:"status"`
	Pages     Announced `json:"numberOfPages"`
}

func (sinch) fields() (id, pages string) { return "fax.id", "file" }

func (s sinch) read(c Call) (Notice, error) {
	encoded, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Basic ")
	given, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !same(string(given), s.user+":"+s.password) {
		return Notice{}, unproved()
	}
	var e sinchEvent
	if strings.HasPrefix(c.Header.Get("Content-Type"), "multipart/") {
		e, err = sinchForm(c)
	} else if err = json.Unmarshal(c.Body, &e); err != nil {
		err = unreadable(err, "file")
	}
	if err != nil {
		return Notice{}, err
	}
	if e.Event != "INCOMING_FAX" {
		return Notice{Nothing: true}, nil
	}
	return Notice{Fax: Fax{ID: e.Fax.ID, From: e.Fax.From, Pages: int(e.Fax.Pages), Failed: e.Fax.Status == "FAILURE", Data: e.File}}, nil
}

func sinchForm(c Call) (sinchEvent, error) {
	f, err := readForm(c)
	if err != nil {
		return sinchEvent{}, err
	}
	e := sinchEvent{Event: string(f.fields["event"]), File: f.files["file"]}
	if err := json.Unmarshal(f.fields["fax"], &e.Fax); err != nil {
		return sinchEvent{}, inField("fax", err)
	}
	return e, nil
}
