package v1

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/intake"
)

// compositionRoutes mounts "make it fit" (C3).
func (a *API) compositionRoutes(own gin.IRouter) {
	h := a.Edge.Handle
	own.POST("/conversions/compositions", h(a.compose))
	own.GET("/conversions/compositions/:id", h(a.composition))
	own.GET("/conversions/compositions/:id/pages/:n", h(a.composedPage))
	own.POST("/conversions/compositions/:id/arrangement", h(a.arrange))
	own.POST("/conversions/compositions/:id/confirmation", h(a.confirm))
}

type compositionAnswer struct {
	ID        string               `json:"id"`
	Bytes     int64                `json:"bytes"`
	ExpiresAt time.Time            `json:"expires_at"`
	Pages     []composedPageAnswer `json:"pages"`
}

type composedPageAnswer struct {
	N        int               `json:"n"`
	File     int               `json:"file"`
	FilePage int               `json:"file_page"`
	Width    int               `json:"width"`
	Height   int               `json:"height"`
	DPI      int               `json:"dpi"`
	Coding   string            `json:"coding"`
	Quality  int               `json:"quality"`
	Findings []dossier.Finding `json:"findings"`
}

func compositionOf(c dossier.Composition) compositionAnswer {
	result, _ := c.Result()
	answer := compositionAnswer{ID: c.ID, Bytes: result.Bytes, ExpiresAt: c.ExpiresAt}
	for i, p := range c.Pages {
		answer.Pages = append(answer.Pages, composedPageAnswer{
			N: i + 1, File: p.Original, FilePage: p.Page, Width: p.Width, Height: p.Height, DPI: p.DPI,
			Coding: p.Coding, Quality: p.Quality, Findings: list(p.Findings),
		})
	}
	return answer
}

func created(c *gin.Context, made dossier.Composition) {
	c.Header("Location", "/api/v1/conversions/compositions/"+made.ID)
	c.JSON(http.StatusCreated, compositionOf(made))
}

// compose puts the files of a form together.
func (a *API) compose(c *gin.Context) error {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	form, err := c.Request.MultipartReader()
	if err != nil {
		return edge.Worded("compose", &dossier.Error{Code: dossier.CodeFormParts, Err: err})
	}
	leave, err := a.Fitting.Enter(ctx, actor)
	if err != nil {
		return err
	}
	defer leave()
	files, err := edge.Files(form, a.MaxComposed, c.Request.ContentLength)
	if err != nil {
		return edge.Worded("compose", err)
	}
	made, err := a.Fitting.Make(ctx, actor, files)
	if err != nil {
		return edge.Worded("compose", err)
	}
	created(c, made)
	return nil
}

func (a *API) composition(c *gin.Context) error {
	made, err := a.Fitting.Composition(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, compositionOf(made))
	return nil
}

func (a *API) composedPage(c *gin.Context) error {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return dossier.Problem(dossier.CodeNotFound)
	}
	data, contentType, err := a.Fitting.Page(c.Request.Context(), edge.Actor(c), c.Param("id"), n)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, contentType, data)
	return nil
}

// arrange makes a composition anew in another order. What is not there is said
// before what was asked of it is read.
func (a *API) arrange(c *gin.Context) error {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	if _, err := a.Fitting.Composition(ctx, actor, c.Param("id")); err != nil {
		return err
	}
	var body struct {
		Pages []int `json:"pages" binding:"required"`
	}
	if err := readJSON(c, &body); err != nil {
		return err
	}
	leave, err := a.Fitting.Enter(ctx, actor)
	if err != nil {
		return err
	}
	defer leave()
	made, err := a.Fitting.Arrange(ctx, actor, c.Param("id"), body.Pages)
	if err != nil {
		return edge.Worded("compose", err)
	}
	created(c, made)
	return nil
}

func (a *API) confirm(c *gin.Context) error {
	r, err := a.Fitting.Confirm(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	a.received(c, r)
	return nil
}

// received answers with a receipt: 201, or 200 for a repeat (DESIGN, section 3).
func (a *API) received(c *gin.Context, r intake.Receipt) {
	status := http.StatusCreated
	if r.Repeated {
		status = http.StatusOK
	}
	c.Header("Location", "/api/v1/conversions/"+r.DossierID)
	c.JSON(status, receiptAnswer{
		ID: r.DossierID, SubmissionID: r.SubmissionID, Protocol: r.Protocol, State: r.State, StatusURL: a.statusURL(r.DossierID),
	})
}
