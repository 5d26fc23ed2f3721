// Package v1 is the JSON interface, version 1, under /api/v1. Its contract is
// openapi.yaml, beside this file; a test holds routes and answers against it.
//
// A handler reads the request, calls the domain method that portal and desk
// call too, and words the answer. It must not hold a rule, a query or a text.
package v1

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/counter"
	"dispositivo/intake/fitting"
	"dispositivo/internal/offices"
	"dispositivo/internal/operator"
	"dispositivo/internal/session"
	"dispositivo/pin"
	"dispositivo/pin/activation"
	"dispositivo/pin/conversion"
	"dispositivo/pin/delegation"
	"dispositivo/pin/journal"
	"dispositivo/pin/letters"
	"dispositivo/pin/recovery"
	"dispositivo/pin/request"
	"dispositivo/pin/revocation"
	"dispositivo/pin/services"
	"dispositivo/verify/evidence"
	"dispositivo/verify/review"
)

// Contract is the OpenAPI description of this interface.
//
//go:embed openapi.yaml
var Contract []byte

// Deps is what the interface calls; every field is required.
type Deps struct {
	Edge       *edge.Edge
	Access     *pin.Access
	Activation *activation.Service
	Contacts   *pin.Contacts
	Devices    *pin.Devices
	Operators  *operator.Accounts
	Sessions   *session.Keeper
	Conversion *conversion.Service
	Requests   *request.Service
	Recovery   *recovery.Service
	Revocation *revocation.Service
	Door       *intake.Door
	Fitting    *fitting.Service
	// MaxComposed is how many bytes are put together at most.
	MaxComposed int64
	Letters     *letters.Service
	Journal     *journal.Service
	Services    *services.Desk
	Delegation  *delegation.Service
	Identities  Identities
	Offices     *offices.Finder
	Desk        *review.Desk
	Evidence    *evidence.Service
	Faxes       Faxes
	Matching    Matching
	Scans       Scans
	// Slip draws the receipt of a scan as a PDF, for the language.
	Slip func(a counter.Arrival, lang string) ([]byte, error)
	// PublicURL is where citizens find the portal, without a slash at its end.
	PublicURL string
}

// API serves the interface.
type API struct{ Deps }

// New returns the interface.
func New(d Deps) *API { return &API{Deps: d} }

// Routes mounts the interface on r, which has the prefix /api/v1.
func (a *API) Routes(r gin.IRouter) {
	h := a.Edge.Handle
	r.POST("/gateways/fax/:provider", h(a.takeFax)) // proves itself, as its provider does
	r.POST("/gateways/fax/:provider/answer", h(a.answerFax))
	r.Use(a.Edge.Bearer())
	r.GET("/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml; charset=utf-8", Contract) })
	r.POST("/sessions", h(a.signIn))
	r.POST("/operator-sessions", h(a.signInOperator))
	r.POST("/pin-requests", h(a.askForPIN))
	r.GET("/conversions/blank-form", h(a.blankForm))
	r.GET("/offices", h(a.offices))
	r.POST("/offices/search", h(a.searchOffices))
	r.DELETE("/sessions/current", h(a.signOut))
	a.letterRoutes(r)
	a.lostRoutes(r)
	a.deviceRoutes(r)
	a.serviceRoutes(r)
	a.identityRoutes(r)
	r.POST("/pin-activations", h(a.beginActivation))

	r.Use(a.inPerson)
	a.journalRoutes(r)
	a.delegationRoutes(r)
	a.guardianRoutes(r)
	activating := r.Group("/pin-activations/current", a.Edge.Only(dossier.RoleSimplified))
	activating.GET("", h(a.activation))
	activating.PUT("/contacts", h(a.giveContacts))
	activating.POST("/confirmation", h(a.finishActivation))

	changing := r.Group("", a.Edge.Only(dossier.RoleCitizen, dossier.RoleMustChange))
	changing.POST("/pin-changes", h(a.proposePIN))
	changing.POST("/pin-changes/confirmation", h(a.changePIN))

	own := r.Group("", a.Edge.Only(dossier.RoleCitizen))
	own.GET("/me", h(a.me))
	own.GET("/contacts", h(a.contacts))
	own.PUT("/contacts/:kind", h(a.setContact))
	own.DELETE("/contacts/:kind", h(a.removeContact))
	own.POST("/contacts/confirmation", h(a.confirmContact))
	own.GET("/conversions/form", h(a.form))
	own.GET("/conversions", h(a.conversions))
	own.POST("/conversions", h(a.upload))
	a.compositionRoutes(own)
	own.GET("/conversions/:id", h(a.conversion))
	own.POST("/conversions/:id/withdrawal", h(a.withdraw))
	a.deskRoutes(r)
	a.stopRoutes(r)
	a.evidenceRoutes(r)
	a.counterRoutes(r)
}

// deskRoutes mounts what reviewers and the contact centre work with.
func (a *API) deskRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	desk := r.Group("", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor))
	desk.GET("/reviews", h(a.reviews))
	desk.GET("/documents/:id/pages/:n", h(a.page))
	desk.GET("/submissions", h(a.submissions))
	desk.GET("/submissions/:id/candidates", h(a.candidates))
	desk.GET("/dossiers/:id", h(a.dossier))

	decide := r.Group("", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	decide.GET("/pin-requests", h(a.pinRequests))
	decide.GET("/pin-requests/:id", h(a.pinRequest))
	decide.POST("/pin-requests/:id/call", h(a.recordCall))
	decide.POST("/pin-requests/by-phone", h(a.askByPhone))
	decide.POST("/pin-requests/by-office", h(a.askByOffice))
	decide.POST("/reviews/next", h(a.next))
	decide.GET("/reviews/:id", h(a.review))
	decide.DELETE("/reviews/:id", h(a.release))
	decide.POST("/reviews/:id/decision", h(a.decide))
	decide.POST("/dossiers/:id/claim", h(a.claim))
	decide.POST("/submissions/:id/clearance", h(a.clear))
	decide.POST("/submissions/:id/refusal", h(a.refuse))
	decide.POST("/submissions/:id/join", h(a.join))
}

// maxJSON bounds a JSON body.
const maxJSON = 64 << 10

// readJSON reads the body into v, which must be a pointer to a struct.
func readJSON(c *gin.Context, v any) error {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxJSON)
	if err := c.ShouldBindJSON(v); err != nil {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	return nil
}
