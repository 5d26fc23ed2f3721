package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/demo"
)

type demoCmd struct {
	Credentials demoCredentialsCmd `cmd:"" help:"Who can sign in to a demonstration."`
	Document    demoDocumentCmd    `cmd:"" help:"Sign a form and add a specimen identity page."`
}

type demoCredentialsCmd struct {
	JSON bool `help:"As JSON."`
}

type citizenCredential struct {
	CodiceFiscale string `json:"codice_fiscale"`
	PIN           string `json:"pin"`
	Kind          string `json:"kind"`
	Note          string `json:"note"`
}

type operatorCredential struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

// Run implements the command.
func (c *demoCredentialsCmd) Run(env *environment) error {
	var all struct {
		Citizens  []citizenCredential  `json:"citizens"`
		Operators []operatorCredential `json:"operators"`
	}
	for _, p := range demo.Citizens() {
		all.Citizens = append(all.Citizens, citizenCredential{p.CodiceFiscale.String(), p.PIN, p.Kind, p.Note})
	}
	for _, o := range demo.Operators() {
		all.Operators = append(all.Operators, operatorCredential{o.Username, o.Password, o.Role})
	}
	if c.JSON {
		return json.NewEncoder(env.stdout).Encode(all)
	}
	for _, p := range all.Citizens {
		fmt.Fprintf(env.stdout, "%s  %s  %-11s  %s\n", p.CodiceFiscale, p.PIN, p.Kind, p.Note)
	}
	for _, o := range all.Operators {
		fmt.Fprintf(env.stdout, "%-16s  %-24s  %s\n", o.Username, o.Password, o.Role)
	}
	return nil
}

type demoDocumentCmd struct {
	Holder  string `required:"" help:"Codice fiscale of an invented citizen."`
	Without string `help:"id: no identity page; signature: not signed." enum:",id,signature" default:""`
	Form    string `arg:"" help:"The form, as downloaded." type:"existingfile"`
}

// Run implements the command: the document goes to standard output.
func (c *demoDocumentCmd) Run(env *environment) error {
	cf, err := codicefiscale.Parse(c.Holder)
	if err != nil {
		return fmt.Errorf("holder: %w", err)
	}
	citizen, ok := demo.Find(cf)
	if !ok {
		return errors.New("holder: not one of the demonstration's people (dispositivo demo credentials)")
	}
	form, err := os.ReadFile(c.Form)
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	pool, closePool, err := toolSandbox(env)
	if err != nil {
		return err
	}
	defer closePool()
	script := actor{citizen: citizen, now: clock.System().Now()}
	document, err := script.document(env.ctx, pool, form, paperwork{unsigned: c.Without == "signature", withoutID: c.Without == "id"})
	if err != nil {
		return err
	}
	if _, err := env.stdout.Write(document); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// personOf turns an invented citizen into what the agency has on file.
func personOf(c demo.Citizen, p demo.Passport) dossier.Person {
	return dossier.Person{
		CodiceFiscale: c.CodiceFiscale.String(), Surname: c.Surname, Name: c.Name,
		Birth: isoDay(c.Birth), Sex: c.Sex, BirthPlace: c.BirthPlace,
		Address: dossier.Address{
			Street: c.Address.Street, Postcode: c.Address.PostalCode, City: c.Address.City,
			Province: c.Address.Region, State: c.Address.State,
		},
		Contacts: dossier.Contacts{Email: c.Email, PEC: c.PEC, Mobile: c.Mobile, Phone: c.Phone},
		Document: dossier.Document{Type: "passport", Number: p.Number, Issuer: p.Issuer, Expiry: isoDay(p.Expiry)},
		Standing: dossier.Standing{Position: dossier.Category(c.Position), Funds: []dossier.Fund{dossier.Fund(c.Fund)}},
		Lang:     c.Language,
	}
}
