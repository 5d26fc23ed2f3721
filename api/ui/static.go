package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
)

//go:embed static
var ownFiles embed.FS

// AssetRoute is where Static is to be mounted.
const AssetRoute = "/assets/:hash/*file"

// static is all files that pages load, under one hash of everything: a new
// build has new addresses, so that browsers may keep the old ones for ever.
type static struct {
	hash  string
	files map[string]*staticFile
}

type staticFile struct {
	kind  string
	plain []byte
	// packed is made at the first request that takes it.
	packed func() []byte
}

// newStatic reads the fetched assets and our own files, which win.
func newStatic(fetched fs.FS) (*static, error) {
	own, err := fs.Sub(ownFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("own files: %w", err)
	}
	s := &static{files: map[string]*staticFile{}}
	for _, tree := range []fs.FS{fetched, own} {
		if tree == nil {
			continue
		}
		if err := s.read(tree); err != nil {
			return nil, err
		}
	}
	names := make([]string, 0, len(s.files))
	for name := range s.files {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		fileSum := sha256.Sum256(s.files[name].plain)
		_, _ = fmt.Fprintf(sum, "%s %x\n", name, fileSum) // a hash never fails to write
	}
	s.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return s, nil
}

func (s *static) read(tree fs.FS) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if name == "." && err != nil {
			return nil //nolint:nilerr // a bare clone has no such folder
		}
		if err != nil || d.IsDir() {
			return err
		}
		kind, ok := contentType(name)
		if !ok {
			return nil
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		s.files[name] = &staticFile{kind: kind, plain: data, packed: sync.OnceValue(func() []byte { return pack(data) })}
		return nil
	})
}

// contentType knows the types we ship, whatever the machine's tables say.
func contentType(name string) (string, bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	case ".woff2":
		return "font/woff2", true
	case ".txt":
		return "text/plain; charset=utf-8", true
	default:
		return "", false
	}
}

func pack(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	if err != nil || w.Close() != nil { // a buffer never fails to write
		return nil
	}
	return b.Bytes()
}

// url is a file's address with the hash; "" when the file is not there, so
// that templates can leave the element out.
func (s *static) url(name string) string {
	if _, ok := s.files[name]; !ok {
		return ""
	}
	return "/assets/" + s.hash + "/" + name
}

// Static serves the files that pages load; mount it at AssetRoute. The hash in
// the address lets browsers keep them for ever.
func (u *UI) Static(c *gin.Context) error {
	f, ok := u.static.files[strings.TrimPrefix(c.Param("file"), "/")]
	if !ok || c.Param("hash") != u.static.hash {
		return dossier.Problem(dossier.CodeNotFound)
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	if f.kind == "font/woff2" || !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		c.Data(http.StatusOK, f.kind, f.plain)
		return nil
	}
	c.Header("Vary", "Accept-Encoding")
	c.Header("Content-Encoding", "gzip")
	c.Data(http.StatusOK, f.kind, f.packed())
	return nil
}
