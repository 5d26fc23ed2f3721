package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/verify/evidence"
	"dispositivo/verify/review"
)

type caseData struct {
	Case     review.Case
	ReadOnly bool
	// Protocol is that of the newest submission; "" none.
	Protocol string
	Pages    []pageView
	// Unseen counts the pages this reviewer has not looked at.
	Unseen      int
	Noticed     []noticed
	Rows        []row
	Quarantined bool
	Reasons     []dossier.Reason
	// Choice is what the form was filled in with before a problem.
	Choice review.Verdict
	// Takes are the reasons for which this reader may take the originals away, Stop
	// offers to stop the conversion; nothing of the kind is offered to others.
	Takes []evidence.Reason
	Stop  stopForm
}

// noticed is what the machine says of one submission. Its number stands above where
// more than one came, for pages are counted in each.
type noticed struct {
	Protocol string
	Findings []dossier.Finding
}

// pageView is one page as the viewer lists it; Index counts over all documents.
type pageView struct {
	Index       int
	N           int
	Full, Thumb string
	Seen        bool
	// From is the number of the register it came with, where more than one came: findings
	// name pages by it (page.repeated).
	From string
	// Shown is false when the page could not be turned into an image.
	Shown bool
}

func newCaseData(actor dossier.Actor, k review.Case, readOnly bool, choice review.Verdict) caseData {
	data := caseData{
		Case: k, ReadOnly: readOnly, Noticed: noticedIn(k.Dossier), Rows: rows(k),
		Reasons: dossier.Reasons(), Choice: choice, Stop: stopOf(actor, k.Dossier),
	}
	if looks(actor) {
		data.Takes = evidence.Reasons()
	}
	var newest dossier.Submission
	for _, s := range k.Dossier.Submissions {
		if s.State == dossier.SubmissionQuarantined {
			data.Quarantined = true
		}
		if s.ReceivedAt.After(newest.ReceivedAt) {
			newest = s
		}
	}
	data.Protocol = newest.Protocol.String()
	blank, from := blankPages(k.Dossier), protocols(k.Dossier)
	for i, ref := range pageRefs(k) {
		v := viewOf(ref, i+1)
		v.Seen, v.Shown, v.From = k.Seen[ref], !blank[ref], from[ref.DocumentID]
		if !v.Seen {
			data.Unseen++
		}
		data.Pages = append(data.Pages, v)
	}
	return data
}

// pageRefs are the pages of the claim or, without one, of the dossier.
func pageRefs(k review.Case) []review.PageRef {
	if len(k.Claim.Pages) > 0 {
		return k.Claim.Pages
	}
	var refs []review.PageRef
	for _, f := range k.Dossier.Files() {
		for _, p := range f.Pages {
			refs = append(refs, review.PageRef{DocumentID: f.ID, N: p.N})
		}
	}
	return refs
}

// blankPages are the pages that have no image.
func blankPages(d dossier.Dossier) map[review.PageRef]bool {
	blank := map[review.PageRef]bool{}
	for _, f := range d.Files() {
		for _, p := range f.Pages {
			if p.ImageBlob == "" {
				blank[review.PageRef{DocumentID: f.ID, N: p.N}] = true
			}
		}
	}
	return blank
}

// noticedIn lists the submissions that count and have findings, each with its own.
func noticedIn(d dossier.Dossier) []noticed {
	var all []noticed
	for _, s := range d.Submissions {
		if s.Counts() && len(s.Findings) > 0 {
			all = append(all, noticed{s.Protocol.String(), s.Findings})
		}
	}
	return all
}

// protocols tells with which number each document came; nothing where all came at once.
func protocols(d dossier.Dossier) map[string]string {
	from := map[string]string{}
	if len(d.Submissions) < 2 {
		return from
	}
	for _, s := range d.Submissions {
		for _, f := range s.Documents {
			from[f.ID] = s.Protocol.String()
		}
	}
	return from
}

func viewOf(ref review.PageRef, index int) pageView {
	base := "/desk/documenti/" + url.PathEscape(ref.DocumentID) + "/pagine/" + strconv.Itoa(ref.N)
	return pageView{Index: index, N: ref.N, Full: base + ".img", Thumb: base + ".mini", Shown: true}
}

func casePage(data caseData) ui.Page {
	page := ui.Page{
		Name: "desk/dossier", Title: "ui.dossier.title", Data: data, Crumbs: []ui.Crumb{{Key: "ui.dossier.title"}},
	}
	if !data.ReadOnly {
		page.Here = reviewPath(data.Case.Claim.ID)
	}
	return page
}

func (d *Desk) review(c *gin.Context) error {
	k, err := d.Reviews.Case(c.Request.Context(), edge.Actor(c), c.Param("review"))
	if err != nil {
		return err
	}
	return d.show(c, casePage(newCaseData(edge.Actor(c), k, false, review.Verdict{})))
}

// dossier shows a case to those who do not decide it.
func (d *Desk) dossier(c *gin.Context) error {
	k, err := d.Reviews.Dossier(c.Request.Context(), edge.Actor(c), c.Param("dossier"))
	if err != nil {
		return err
	}
	return d.show(c, casePage(newCaseData(edge.Actor(c), k, true, review.Verdict{})))
}

func (d *Desk) backToReview(c *gin.Context) {
	c.Redirect(http.StatusSeeOther, reviewPath(c.Param("review")))
}

func (d *Desk) decide(c *gin.Context) error {
	id := c.Param("review")
	verdict := review.Verdict{
		Action: dossier.Action(c.PostForm("action")), Reason: dossier.Reason(c.PostForm("reason")),
		Note: strings.TrimSpace(c.PostForm("note")),
	}
	version, err := strconv.ParseInt(c.PostForm("version"), 10, 64)
	if err != nil {
		return d.caseProblem(c, id, verdict, &dossier.Error{Code: dossier.CodeRequestInvalid, Err: errors.New("version is no number")})
	}
	verdict.Version = version
	state, err := d.Reviews.Decide(c.Request.Context(), edge.Actor(c), id, verdict)
	if err != nil {
		return d.caseProblem(c, id, verdict, err)
	}
	leave(c, pathQueue, string(state))
	return nil
}

// caseProblem shows on the case's page, as it is now, why a decision was not
// taken; when the case is no longer the operator's, on the queue.
func (d *Desk) caseProblem(c *gin.Context, id string, choice review.Verdict, err error) error {
	if status := d.Edge.Problem(c, err).Status; status != http.StatusConflict && status != http.StatusBadRequest {
		return err
	}
	k, caseErr := d.Reviews.Case(c.Request.Context(), edge.Actor(c), id)
	if caseErr != nil {
		return d.queueProblem(c, err)
	}
	page := casePage(newCaseData(edge.Actor(c), k, false, choice))
	var wrong string
	page.Field, wrong = faultOf(err, choice)
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	if wrong != "" {
		problem.Title = d.UI.Text(c, wrong+".title")
		problem.Detail = d.UI.Text(c, wrong+".detail")
	}
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}

// faultOf returns the id of what the operator should turn to, and the key of a
// text that says it more plainly than the error's own; both may be empty.
func faultOf(err error, choice review.Verdict) (field, text string) {
	code := dossier.CodeOf(err)
	switch {
	case code == dossier.CodePagesUnseen || code == dossier.CodeDossierChanged:
		return "pages", ""
	case code != dossier.CodeRequestInvalid:
		return "", ""
	case choice.Action == "":
		return "action-approve", "ui.decide.noaction"
	case choice.Action == dossier.ActionApprove && choice.Reason != "":
		return "reason", "ui.decide.spare"
	case choice.Action != dossier.ActionApprove && choice.Reason == "":
		return "reason", "ui.decide.needed"
	default:
		return "action-approve", ""
	}
}

func (d *Desk) release(c *gin.Context) error {
	if err := d.Reviews.Release(c.Request.Context(), edge.Actor(c), c.Param("review")); err != nil {
		return d.queueProblem(c, err)
	}
	leave(c, pathQueue, "released")
	return nil
}

// image sends one page as the sandbox drew it: "3.img" large, "3.mini" small.
// The large one counts as seen by this reviewer; that is the domain's doing.
func (d *Desk) image(c *gin.Context) error {
	number, ending, _ := strings.Cut(c.Param("image"), ".")
	n, err := strconv.Atoi(number)
	size, ok := map[string]review.Size{"img": review.SizeFull, "mini": review.SizeThumb}[ending]
	if err != nil || !ok || n < 1 {
		return dossier.Problem(dossier.CodeNotFound)
	}
	img, err := d.Reviews.Page(c.Request.Context(), edge.Actor(c), c.Param("document"), n, size)
	if err != nil {
		return err
	}
	return picture(c, img.ContentType, img.Data)
}
