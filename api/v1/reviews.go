package v1

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/verify/review"
)

type queueItem struct {
	DossierID string            `json:"dossier_id"`
	Protocol  string            `json:"protocol"`
	State     dossier.State     `json:"state"`
	Office    string            `json:"office"`
	Since     time.Time         `json:"since"`
	DueAt     *time.Time        `json:"due_at"`
	Escalated bool              `json:"escalated"`
	Claimed   bool              `json:"claimed"`
	ReviewID  string            `json:"review_id"`
	Pages     int               `json:"pages"`
	Findings  []dossier.Finding `json:"findings"`
}

// reviews lists what waits for a reviewer; another state on request.
func (a *API) reviews(c *gin.Context) error {
	f := review.Filter{State: dossier.State(c.Query("state")), Office: c.Query("office"), Escalated: c.Query("escalated") == "true"}
	if f.State != "" && !f.State.Valid() {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	items, err := a.Desk.List(c.Request.Context(), edge.Actor(c), f)
	if err != nil {
		return err
	}
	answer := make([]queueItem, len(items))
	for i, it := range items {
		answer[i] = queueItem{
			DossierID: it.DossierID, Protocol: it.Protocol, State: it.State, Office: it.Office, Since: it.Since,
			DueAt: optional(it.DueAt), Escalated: it.Escalated, Claimed: it.Claimed, ReviewID: it.ReviewID,
			Pages: it.Pages, Findings: list(it.Findings),
		}
	}
	c.JSON(http.StatusOK, gin.H{"reviews": answer})
	return nil
}

type claimAnswer struct {
	ID         string           `json:"id"`
	DossierID  string           `json:"dossier_id"`
	Version    int64            `json:"version"`
	Pages      []review.PageRef `json:"pages"`
	LeaseUntil *time.Time       `json:"lease_until"` // null for onlookers
}

func answerOfClaim(cl review.Claim) claimAnswer {
	return claimAnswer{ID: cl.ID, DossierID: cl.DossierID, Version: cl.Version, Pages: list(cl.Pages), LeaseUntil: optional(cl.LeaseUntil)}
}

func (a *API) next(c *gin.Context) error {
	claim, ok, err := a.Desk.Next(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	if !ok {
		c.Status(http.StatusNoContent)
		return nil
	}
	c.JSON(http.StatusOK, answerOfClaim(claim))
	return nil
}

// claim takes a particular dossier.
func (a *API) claim(c *gin.Context) error {
	claim, err := a.Desk.Claim(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOfClaim(claim))
	return nil
}

type caseAnswer struct {
	claimAnswer
	State     dossier.State     `json:"state"`
	Kind      dossier.Kind      `json:"kind"`
	OnFile    dossier.Person    `json:"on_file"`
	OnForm    dossier.Person    `json:"on_form"`
	Findings  []dossier.Finding `json:"findings"`
	Unseen    []review.PageRef  `json:"unseen"`
	FourEyes  bool              `json:"four_eyes"`
	Decisions []decisionAnswer  `json:"decisions"`
	History   []eventAnswer     `json:"history"`
}

type decisionAnswer struct {
	OperatorID string         `json:"operator_id"`
	Action     dossier.Action `json:"action"`
	Reason     dossier.Reason `json:"reason"`
	Note       string         `json:"note"`
	At         time.Time      `json:"at"`
}

type eventAnswer struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Action string    `json:"action"`
}

func answerOfCase(k review.Case) caseAnswer {
	ans := caseAnswer{
		claimAnswer: answerOfClaim(k.Claim), State: k.Dossier.State, Kind: k.Kind, OnFile: k.Person, OnForm: k.Form,
		Findings: list(k.Dossier.Findings()), Unseen: []review.PageRef{}, FourEyes: k.FourEyes,
		Decisions: []decisionAnswer{}, History: []eventAnswer{},
	}
	for _, p := range k.Claim.Pages {
		if !k.Seen[p] {
			ans.Unseen = append(ans.Unseen, p)
		}
	}
	for _, d := range k.Decisions {
		ans.Decisions = append(ans.Decisions, decisionAnswer{OperatorID: d.OperatorID, Action: d.Action, Reason: d.Reason, Note: d.Note, At: d.At})
	}
	for _, e := range k.History {
		ans.History = append(ans.History, eventAnswer(e))
	}
	return ans
}

func (a *API) review(c *gin.Context) error {
	k, err := a.Desk.Case(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOfCase(k))
	return nil
}

func (a *API) dossier(c *gin.Context) error {
	k, err := a.Desk.Dossier(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOfCase(k))
	return nil
}

func (a *API) release(c *gin.Context) error {
	if err := a.Desk.Release(c.Request.Context(), edge.Actor(c), c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// page shows a page as the sandbox drew it; nothing else ever reaches a
// browser.
func (a *API) page(c *gin.Context) error {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return &dossier.Error{Code: dossier.CodeNotFound, Err: err}
	}
	size := review.Size(c.DefaultQuery("size", string(review.SizeFull)))
	if size != review.SizeFull && size != review.SizeThumb {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	img, err := a.Desk.Page(c.Request.Context(), edge.Actor(c), c.Param("id"), n, size)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, img.ContentType, img.Data)
	return nil
}

type decisionRequest struct {
	Action  dossier.Action `json:"action" binding:"required"`
	Reason  dossier.Reason `json:"reason"`
	Note    string         `json:"note"`
	Version int64          `json:"version" binding:"required"`
}

func (a *API) decide(c *gin.Context) error {
	var req decisionRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	state, err := a.Desk.Decide(c.Request.Context(), edge.Actor(c), c.Param("id"), review.Verdict(req))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"state": state})
	return nil
}

type heldSubmission struct {
	ID         string                  `json:"id"`
	Protocol   string                  `json:"protocol"`
	Channel    dossier.Channel         `json:"channel"`
	State      dossier.SubmissionState `json:"state"`
	DossierID  string                  `json:"dossier_id"`
	ReceivedAt time.Time               `json:"received_at"`
	Findings   []dossier.Finding       `json:"findings"`
	Pages      []review.PageRef        `json:"pages"`
}

func (a *API) submissions(c *gin.Context) error {
	subs, err := a.Desk.Submissions(c.Request.Context(), edge.Actor(c), dossier.SubmissionState(c.Query("state")))
	if err != nil {
		return err
	}
	answer := make([]heldSubmission, len(subs))
	for i, s := range subs {
		answer[i] = heldOf(s)
	}
	c.JSON(http.StatusOK, gin.H{"submissions": answer})
	return nil
}

func heldOf(s dossier.Submission) heldSubmission {
	held := heldSubmission{
		ID: s.ID, Protocol: s.Protocol.String(), Channel: s.Channel, State: s.State, DossierID: s.DossierID,
		ReceivedAt: s.ReceivedAt, Findings: list(s.Findings), Pages: []review.PageRef{},
	}
	for _, f := range s.Documents {
		for _, p := range f.Pages {
			held.Pages = append(held.Pages, review.PageRef{DocumentID: f.ID, N: p.N})
		}
	}
	return held
}

func (a *API) clear(c *gin.Context) error {
	if err := a.Desk.Clear(c.Request.Context(), edge.Actor(c), c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

type refusalRequest struct {
	Reason dossier.RefusalReason `json:"reason" binding:"required"`
}

func (a *API) refuse(c *gin.Context) error {
	var req refusalRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Desk.Refuse(c.Request.Context(), edge.Actor(c), c.Param("id"), req.Reason); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
