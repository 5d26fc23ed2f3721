package federation

import (
	"context"
	"net/http"
	"net/url"

	"dispositivo/dossier"
)

// Doors are the ways in that are configured; the zero value has none.
type Doors struct {
	Providers []*Provider
	CNS       *CNS // nil: none
}

// Ways lists the ways in, in the order offered.
func (d Doors) Ways() []dossier.Way {
	var ways []dossier.Way
	for _, p := range d.Providers {
		ways = append(ways, p.cfg.Way)
	}
	if d.CNS != nil {
		ways = append(ways, dossier.WayCNS)
	}
	return ways
}

// Begin is Provider.Begin of a way; CodeNotFound when it is not configured.
func (d Doors) Begin(ctx context.Context, way dossier.Way) (address, cookie string, err error) {
	p, err := d.provider(way)
	if err != nil {
		return "", "", err
	}
	return p.Begin(ctx)
}

// Finish is Provider.Finish of a way; CodeNotFound when it is not configured.
func (d Doors) Finish(ctx context.Context, way dossier.Way, cookie string, query url.Values) (Identity, error) {
	p, err := d.provider(way)
	if err != nil {
		return Identity{}, err
	}
	return p.Finish(ctx, cookie, query)
}

// AppWays lists the ways in for who uses the API, in the order offered.
func (d Doors) AppWays() []dossier.Way {
	ways := []dossier.Way{}
	for _, p := range d.Providers {
		if p.cfg.AppRedirectURL != "" {
			ways = append(ways, p.cfg.Way)
		}
	}
	if d.CNS != nil {
		ways = append(ways, dossier.WayCNS)
	}
	return ways
}

// BeginApp is Provider.BeginApp of a way; CodeNotFound when it is not configured.
func (d Doors) BeginApp(ctx context.Context, way dossier.Way) (address, visit string, err error) {
	p, err := d.provider(way)
	if err != nil {
		return "", "", err
	}
	return p.BeginApp(ctx)
}

// FinishApp is Provider.FinishApp of a way; CodeNotFound when it is not configured.
func (d Doors) FinishApp(ctx context.Context, way dossier.Way, visit string, query url.Values) (Identity, error) {
	p, err := d.provider(way)
	if err != nil {
		return Identity{}, err
	}
	return p.FinishApp(ctx, visit, query)
}

// Card is CNS.Identify; CodeNotFound when it is not configured.
func (d Doors) Card(r *http.Request) (Identity, error) {
	if d.CNS == nil {
		return Identity{}, dossier.Problem(dossier.CodeNotFound)
	}
	return d.CNS.Identify(r)
}

// Strip takes from every request the header that may come from a proxy alone.
func (d Doors) Strip(next http.Handler) http.Handler {
	if d.CNS == nil {
		return next
	}
	return d.CNS.Strip(next)
}

func (d Doors) provider(way dossier.Way) (*Provider, error) {
	for _, p := range d.Providers {
		if p.cfg.Way == way {
			return p, nil
		}
	}
	return nil, dossier.Problem(dossier.CodeNotFound)
}
