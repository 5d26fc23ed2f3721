package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
)

// folderData is the list of what scanners left in the folder of the office (C6).
type folderData struct {
	List []folderView
	// Reading: the machine is not done with one of them, and none can be attached
	// yet, so that nothing is typed when the list comes anew.
	Reading bool
}

type folderView struct {
	submissionView
	// Candidates are proposed for one that waits.
	Candidates []candidateView
	// Named is what is in the field: what was typed before a problem, or what the
	// sidecar says.
	Named string
	// Attachable: it waits to be attached. Viewable: it is in a dossier of the office.
	Attachable, Viewable bool
}

// folder lists the scans with what is proposed for each.
func (d *Desk) folder(c *gin.Context) (folderData, error) {
	scans, err := d.Scans.Scans(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return folderData{}, err
	}
	var data folderData
	attachable := false
	for _, s := range scans {
		v := folderView{submissionView: viewSubmission(s.Submission), Named: s.Named, Viewable: s.Viewable}
		if s.State == dossier.SubmissionUnmatched {
			v.Attachable, attachable = true, true
			if v.Candidates, err = d.candidates(c, s.Submission); err != nil {
				return folderData{}, err
			}
		} else {
			v.Shown = nil // its pages are shown where it is dealt with
		}
		data.Reading = data.Reading || s.Reading()
		data.List = append(data.List, v)
	}
	data.Reading = data.Reading && !attachable
	return data, nil
}

// attach makes a scan of the folder the dossier's of who stands at the counter, and
// leads on to where it can be decided.
func (d *Desk) attach(c *gin.Context) error {
	id, named := c.Param("submission"), c.PostForm("fascicolo")
	a, err := d.Scans.Attach(c.Request.Context(), edge.Actor(c), id, named)
	if err == nil {
		c.Redirect(http.StatusSeeOther, scanPath(a.Submission.ID))
		return nil
	}
	if code := dossier.CodeOf(err); !aboutDossier(code) && code != dossier.CodeConflict && code != dossier.CodeDossierChanged {
		return err
	}
	page, pageErr := d.scanPage(c, "")
	if pageErr != nil {
		return pageErr
	}
	data, _ := page.Data.(scanData)
	for i, s := range data.Folder.List {
		if s.ID == id && s.Attachable {
			data.Folder.List[i].Named, page.Field = named, "attach-"+id
		}
	}
	return d.showScanProblem(c, page, err, "ui.scan.folder.unknown")
}
