package v1_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	v1 "dispositivo/api/v1"
	"dispositivo/dossier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/session"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/delegation"
	"dispositivo/pin/services"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// holderIn adds a holder who may act.
func holderIn(t *testing.T, h house.House, cf string) dossier.Holder {
	t.Helper()
	holder := dossier.Holder{ID: h.ID(), PIN: dossier.PINIssue{ID: h.ID(), Kind: dossier.Dispositivo}, Person: dossier.Person{
		CodiceFiscale: cf, Surname: "Prova", Name: "Ada", Lang: "it", Contacts: dossier.Contacts{Email: "ada@prova.example"},
		Standing: dossier.Standing{Position: dossier.CategoryWorker, Funds: []dossier.Fund{dossier.FundPrivate}},
	}}
	if err := h.InsertHolder(t.Context(), store.NewHolder{Holder: holder, PINHash: "hash"}); err != nil {
		t.Fatal(err)
	}
	return holder
}

// proves B10: a session in which the portal chose to act for another acts for
// itself by API, where the client could not see the choice, unless a request says
// Acting-For.
func TestSessionOfThePortalActsForItself(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	h := house.New(t)
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ada, bea := holderIn(t, h, "RSSMRA72L09H501S"), holderIn(t, h, "RSSMRA77L18H501W")
	texts, err := i18n.Embedded()
	check(err)
	list, err := services.Embedded()
	check(err)
	sessions := session.NewKeeper(h.Store, h.Clock, session.DefaultIdle)
	delegations := delegation.New(delegation.Config{Store: h.Store, Clock: h.Clock, Tries: throttle.New(h.Clock, 10, time.Second), Rome: time.UTC})
	api := v1.New(v1.Deps{
		Edge: edge.New(edge.Config{Texts: texts, Sessions: sessions}), Sessions: sessions, Delegation: delegations,
		Services: services.New(services.Config{Store: h.Store, Clock: h.Clock, Catalogue: list, Agency: "INPS", Rome: time.UTC}),
	})
	engine := gin.New()
	api.Routes(engine)

	id, err := delegations.Grant(ctx, house.Citizen(ada), delegation.Grant{CodiceFiscale: bea.Person.CodiceFiscale, Surname: "Prova", Until: "2026-12-31"})
	check(err)
	check(delegations.Accept(ctx, house.Citizen(bea), id))
	s, err := sessions.Start(ctx, house.Citizen(bea), bea.PIN.ID)
	check(err)
	mandate, err := delegations.Mandate(ctx, house.Citizen(bea), id)
	check(err)
	check(sessions.ActFor(ctx, s, mandate))

	file := func(actingFor ...string) dossier.Domanda {
		t.Helper()
		req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/domande", strings.NewReader(`{"service":"naspi"}`))
		req.Header = http.Header{"Authorization": {"Bearer " + s.Token}, "Content-Type": {"application/json"}, "Acting-For": actingFor}
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, req)
		var filed struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &filed); err != nil || w.Code != http.StatusCreated {
			t.Fatalf("filed: %d %s", w.Code, w.Body)
		}
		for _, holder := range []dossier.Holder{ada, bea} {
			if d, err := h.Domanda(ctx, holder.ID, filed.ID); err == nil {
				return d
			}
		}
		t.Fatalf("%s is nobody's", filed.ID)
		return dossier.Domanda{}
	}
	if own := file(); own.HolderID != bea.ID || own.DelegateID != "" {
		t.Errorf("without Acting-For it is %+v", own)
	}
	if hers := file(id); hers.HolderID != ada.ID || hers.DelegateID != bea.ID {
		t.Errorf("with Acting-For it is %+v", hers)
	}
	resumed, err := sessions.Resume(ctx, s.Token)
	if err != nil || resumed.Mandate != mandate {
		t.Errorf("the session chose %+v, %v: the test shows nothing", resumed.Mandate, err)
	}
}
