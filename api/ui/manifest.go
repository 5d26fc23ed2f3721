package ui

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
)

// manifest is what a telephone needs to put the portal among its applications
// (W3C Web Application Manifest).
type manifest struct {
	Name       string         `json:"name"`
	ShortName  string         `json:"short_name"`
	Lang       string         `json:"lang"`
	ID         string         `json:"id"`
	StartURL   string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	ThemeColor string         `json:"theme_color"`
	Background string         `json:"background_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Src   string `json:"src"`
	Sizes string `json:"sizes"`
	Type  string `json:"type"`
}

// Manifest answers with the manifest in the visitor's language (E2). Nothing is
// kept on the telephone: every page stays no-store.
func (u *UI) Manifest(c *gin.Context) error {
	lang := edge.Lang(c)
	m := manifest{
		Name: u.texts.T(lang, "ui.site.name", nil), ShortName: u.texts.T(lang, "ui.site.name", nil), Lang: lang,
		ID: "/", StartURL: "/area", Scope: "/", Display: "standalone", ThemeColor: "#0066CC", Background: "#ffffff",
		Icons: []manifestIcon{},
	}
	if icon := u.static.url("svg/emblem.svg"); icon != "" {
		m.Icons = append(m.Icons, manifestIcon{Src: icon, Sizes: "any", Type: "image/svg+xml"})
	}
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	c.Data(http.StatusOK, "application/manifest+json; charset=utf-8", data)
	return nil
}
