package desk

import (
	"strconv"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
)

// evidence shows what is sealed in an entry of the log; that it was opened is logged.
func (d *Desk) evidence(c *gin.Context) error {
	row, err := strconv.ParseInt(c.Param("row"), 10, 64)
	if err != nil {
		return &dossier.Error{Code: dossier.CodeNotFound, Err: err}
	}
	found, err := d.Journal.Evidence(c.Request.Context(), edge.Actor(c), row)
	if err != nil {
		return err
	}
	return d.show(c, ui.Page{
		Name: "desk/evidence", Title: "ui.evidence.title", Here: pathJournal, Data: found,
		Crumbs: []ui.Crumb{{Key: "ui.journal.title", URL: pathJournal}, {Key: "ui.evidence.title"}},
	})
}
