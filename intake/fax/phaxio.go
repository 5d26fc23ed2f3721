package fax

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Phaxio's own choice; HMAC-SHA1 is not broken
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"slices"
	"strings"
)

// phaxio reads Phaxio's callbacks: multipart, with the fax as JSON beside the
// file, signed by HMAC-SHA1 over the address, the fields in the order of their
// names, and the files' names and SHA-1.
type phaxio struct{ token string }

// phaxioFax is what we need of the field "fax".
type phaxioFax struct {
	ID         json.Number `json:"id"`
	FromNumber string      `json:"from_number"`
	NumPages   Announced   `json:"num_pages"`
}

// form is a multipart body, in memory.
type form struct {
	fields, files map[string][]byte
}

// maxParts bounds the parts of a call.
const maxParts = 40

// readForm reads a multipart body. Every name may come once: a second one could
// say something else than what was signed.
func readForm(c Call) (form, error) {
	f := form{fields: map[string][]byte{}, files: map[string][]byte{}}
	media, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return f, invalid("Content-Type", "is not multipart/form-data")
	}
	r := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"])
	for range maxParts {
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // multipart returns it bare
			return f, nil
		}
		if err != nil {
			return f, invalid(theBody, "is no multipart") // the cause quotes it
		}
		data, err := io.ReadAll(part) // bounded: the body is in memory
		if err != nil {
			return f, invalid(theBody, "is no multipart") // the cause quotes it
		}
		into, name := f.fields, part.FormName()
		if part.FileName() != "" {
			into = f.files
		}
		if _, twice := into[name]; twice || name == "" {
			return f, invalid(theBody, "part twice, or without name")
		}
		into[name] = data
	}
	return f, invalid(theBody, "too many parts")
}

// signature is what Phaxio computes.
func (p phaxio) signature(address string, f form) string {
	h := hmac.New(sha1.New, []byte(p.token))
	h.Write([]byte(address))
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		h.Write([]byte(name))
		h.Write(f.fields[name])
	}
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		sum := sha1.Sum(f.files[name]) //nolint:gosec // likewise
		h.Write([]byte(name + hex.EncodeToString(sum[:])))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (phaxio) fields() (id, pages string) { return "fax.id", "file" }

// inField says what is wrong with JSON that is the value of a field.
func inField(field string, err error) error {
	if at, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && at.Field != "" {
		return invalid(field+"."+at.Field, "is of another type")
	}
	return invalid(field, "is missing, or no JSON")
}

func (p phaxio) read(c Call) (Notice, error) {
	f, err := readForm(c)
	if err != nil {
		return Notice{}, err
	}
	if !same(strings.ToLower(c.Header.Get("X-Phaxio-Signature")), p.signature(c.URL, f)) {
		return Notice{}, unproved()
	}
	if string(f.fields["direction"]) != "received" || string(f.fields["is_test"]) == "true" {
		return Notice{Nothing: true}, nil
	}
	var fax phaxioFax
	if err := json.Unmarshal(f.fields["fax"], &fax); err != nil {
		return Notice{}, inField("fax", err)
	}
	n := Notice{Fax: Fax{ID: fax.ID.String(), From: fax.FromNumber, Pages: int(fax.NumPages), Failed: string(f.fields["success"]) != "true"}}
	for _, name := range []string{"file", "filename"} {
		if n.Data == nil {
			n.Data = f.files[name]
		}
	}
	return n, nil
}
