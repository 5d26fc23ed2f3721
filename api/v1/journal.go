package v1

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/journal"
)

// journalRoutes mounts the log and the messages: the holder's own, and all of it
// for the auditor.
func (a *API) journalRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	own := r.Group("/me", a.Edge.Only(dossier.RoleCitizen))
	own.GET("/log", h(a.ownLog))
	own.GET("/messages", h(a.ownMessages))
	all := r.Group("/audit", a.Edge.Only(dossier.RoleAuditor))
	all.GET("", h(a.auditLog))
	all.GET("/export", h(a.exportLog))
	all.GET("/entries/:row", h(a.logEvidence))
	all.POST("/searches", h(a.searchLog))
}

type operationAnswer struct {
	At     time.Time    `json:"at"`
	Action string       `json:"action"`
	Role   dossier.Role `json:"role"`
	// Own: the holder who asks did it.
	Own bool `json:"own"`
	// Name is the delegate's, For the holder's whom the one who asks acted for.
	Name string `json:"name,omitempty"`
	For  string `json:"for,omitempty"`
}

func (a *API) ownLog(c *gin.Context) error {
	before, err := cursor(c)
	if err != nil {
		return err
	}
	page, err := a.Journal.Own(c.Request.Context(), edge.Actor(c), before)
	if err != nil {
		return err
	}
	list := make([]operationAnswer, len(page.Lines))
	for i, l := range page.Lines {
		list[i] = operationAnswer{At: l.At, Action: l.Action, Role: l.Role, Own: l.Own, Name: l.Name, For: l.For}
	}
	c.JSON(http.StatusOK, gin.H{"operations": list, "next": next(page)})
	return nil
}

type messageAnswer struct {
	ID      string              `json:"id"`
	Kind    dossier.MessageKind `json:"kind"`
	SentAt  time.Time           `json:"sent_at"`
	Class   string              `json:"class"`
	To      string              `json:"to"`
	Subject string              `json:"subject"`
	Text    string              `json:"text"`
	// Delivery is what receipts of PEC say; nil: there is none.
	Delivery *deliveryAnswer `json:"delivery,omitempty"`
}

type deliveryAnswer struct {
	State      dossier.DeliveryState `json:"state"`
	At         time.Time             `json:"at"`
	AcceptedAt time.Time             `json:"accepted_at,omitzero"`
	Failure    dossier.PECFailure    `json:"failure,omitempty"`
}

func (a *API) ownMessages(c *gin.Context) error {
	m, err := a.Journal.Messages(c.Request.Context(), edge.Actor(c), c.Query("before"))
	if err != nil {
		return err
	}
	list := make([]messageAnswer, len(m.List))
	for i, one := range m.List {
		list[i] = messageAnswer{ID: one.ID, Kind: one.Kind, SentAt: one.SentAt}
		if d := one.Delivery; d != nil {
			list[i].Delivery = &deliveryAnswer{State: d.State, At: d.At, AcceptedAt: d.AcceptedAt, Failure: d.Failure}
		}
		if l := one.Letter; l != nil {
			list[i].Class, list[i].To, list[i].Subject, list[i].Text = l.Class, l.To, l.Subject, l.Text
		}
	}
	c.JSON(http.StatusOK, gin.H{"messages": list, "next": m.Next})
	return nil
}

type entryAnswer struct {
	Row      int64     `json:"row"`
	Entry    int64     `json:"entry"` // 0: not sealed yet
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Name     string    `json:"name,omitempty"`
	Action   string    `json:"action"`
	Subject  string    `json:"subject"`
	HolderID string    `json:"holder_id"`
	Detail   string    `json:"detail"`
	// Sealed: there is evidence, which logEvidence opens.
	Sealed bool `json:"sealed"`
}

func entryOf(l journal.Line) entryAnswer {
	return entryAnswer{
		Row: l.Row, Entry: l.Seq, At: l.At, Actor: l.Actor, Name: l.Name, Action: l.Action,
		Subject: l.Subject, HolderID: l.HolderID, Detail: l.Detail, Sealed: len(l.Sealed) > 0,
	}
}

func (a *API) auditLog(c *gin.Context) error {
	f, err := logFilter(c)
	if err != nil {
		return err
	}
	page, err := a.Journal.All(c.Request.Context(), edge.Actor(c), f)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"entries": each(page.Lines, entryOf), "next": next(page)})
	return nil
}

// logEvidence opens what is sealed in an entry; that is logged.
func (a *API) logEvidence(c *gin.Context) error {
	row, err := strconv.ParseInt(c.Param("row"), 10, 64)
	if err != nil {
		return &dossier.Error{Code: dossier.CodeNotFound, Err: err}
	}
	found, err := a.Journal.Evidence(c.Request.Context(), edge.Actor(c), row)
	if err != nil {
		return err
	}
	fields := map[string]string{}
	for _, f := range found.Fields {
		fields[f[0]] = f[1]
	}
	c.JSON(http.StatusOK, gin.H{"entry": entryOf(found.Line), "evidence": fields, "erased": found.Erased})
	return nil
}

func (a *API) exportLog(c *gin.Context) error {
	f, err := logFilter(c)
	if err != nil {
		return err
	}
	return edge.Stream(c, "text/csv; charset=utf-8", "registro.csv", func() error {
		file := journal.NewCSV(c.Writer)
		return a.Journal.Export(c.Request.Context(), edge.Actor(c), f, file)
	})
}

type searchRequest struct {
	CodiceFiscale string `json:"codice_fiscale"`
	Protocol      string `json:"protocol"`
	Username      string `json:"username"`
}

// searchLog turns what must not be in an address into ids that may.
func (a *API) searchLog(c *gin.Context) error {
	var asked searchRequest
	if err := readJSON(c, &asked); err != nil {
		return err
	}
	if asked == (searchRequest{}) {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	f, err := a.Journal.Find(c.Request.Context(), edge.Actor(c), journal.Search(asked), journal.Filter{})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"holder_id": f.HolderID, "subjects": append([]string{}, f.Subjects...), "actor": f.Actor})
	return nil
}

// logFilter reads a filter from an address: ids and times alone.
func logFilter(c *gin.Context) (journal.Filter, error) {
	before, err := cursor(c)
	f := journal.Filter{
		Actor: c.Query("actor"), Action: c.Query("action"), HolderID: c.Query("holder_id"),
		Subjects: c.QueryArray("subject"), Before: before,
	}
	for name, at := range map[string]*time.Time{"since": &f.Since, "until": &f.Until} {
		if text := c.Query(name); text != "" && err == nil {
			*at, err = time.Parse(time.RFC3339, text)
		}
	}
	if err != nil || len(f.Subjects) > journal.MaxSubjects {
		return f, &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	return f, nil
}

// cursor reads where a page begins.
func cursor(c *gin.Context) (int64, error) {
	text := c.Query("before")
	if text == "" {
		return 0, nil
	}
	before, err := strconv.ParseInt(text, 10, 64)
	if err != nil || before < 1 {
		return 0, &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	return before, nil
}

// next is the cursor of the page that follows, "" at the end.
func next(p journal.Page) string {
	if p.Next == nil {
		return ""
	}
	return strconv.FormatInt(p.Next.Before, 10)
}
