package fax

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"dispositivo/dossier"
	"dispositivo/intake"
)

// CodeFailed is what the ledger says of a reception that failed and left no page.
const CodeFailed dossier.Code = "fax.failed"

// Door is where faxes are handed to: *intake.Door.
type Door interface {
	Receive(ctx context.Context, p intake.Post) (intake.Receipt, error)
	Earlier(ctx context.Context, channel dossier.Channel, externalID string) (intake.Receipt, error)
	NoteFailure(ctx context.Context, actor dossier.Actor, channel dossier.Channel, externalID string, code dossier.Code) error
}

// Fax is one reception, whoever tells of it.
type Fax struct {
	// ID names it among those of its source.
	ID string
	// Counted is intake.Post.Counted: the names are a counter's, which may begin anew.
	Counted bool
	// From is the caller's number or station id as the source says: a hint.
	From string
	// Pages is how many were announced; 0: nobody said.
	Pages int
	// Incomplete says that pages are missing.
	Incomplete bool
	// Failed says that the reception failed; Data may be empty then.
	Failed bool
	Data   []byte
}

// externalID names a fax within the channel.
func externalID(source, id string) string { return source + "/" + id }

// hintLength bounds what is kept of a caller, in runes.
const hintLength = 100

// deliver hands a fax to the door. A failed reception without a page gives the
// zero Receipt: it is in the ledger.
func deliver(ctx context.Context, door Door, source string, f Fax) (intake.Receipt, error) {
	id, gateway := externalID(source, f.ID), dossier.Actor{Role: dossier.RoleGateway, ID: source}
	if f.Failed && len(f.Data) == 0 {
		return intake.Receipt{}, door.NoteFailure(ctx, gateway, dossier.ChannelFax, id, CodeFailed)
	}
	return door.Receive(ctx, intake.Post{
		Actor: gateway, Channel: dossier.ChannelFax, ExternalID: id, Counted: f.Counted,
		Origin: dossier.Origin{From: hint(f.From), Pages: f.Pages, Incomplete: f.Incomplete || f.Failed}, Files: [][]byte{f.Data},
	})
}

// hint makes what a machine calls itself fit to be shown.
func hint(s string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	return strings.TrimSpace(string(runes[:min(len(runes), hintLength)]))
}

// mark is a short name of bytes. A source may use an id again: other bytes under
// it are another fax.
func mark(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// validID accepts what can stand in an external id.
func validID(id string) bool {
	return id != "" && len(id) <= 200 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// invalid says that a call is not as documented, and names the field of it that is
// missing or wrong, as the caller's documentation does; never what stands in it.
func invalid(field, format string, args ...any) error {
	return &dossier.Error{
		Code: dossier.CodeRequestInvalid, Args: map[string]string{"field": field}, Err: fmt.Errorf(field+": "+format, args...),
	}
}

// theBody is what invalid names when no single field is to blame.
const theBody = "body"

// unreadable says which field of a body of JSON is written as it may not be. The cause
// is left out, for it quotes values.
func unreadable(err error, base64Field string) error {
	if at, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && at.Field != "" {
		return invalid(at.Field, "is of another type")
	}
	if _, ok := errors.AsType[base64.CorruptInputError](err); ok {
		return invalid(base64Field, "is no base64")
	}
	return invalid(theBody, "is no JSON")
}

// maxAnnounced bounds what is believed of a number of pages.
const maxAnnounced = 10_000

// Announced is how many pages a source says that there are. It is a hint: whatever else
// stands there costs no fax.
type Announced int

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (a *Announced) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(data), `"`))
	if err != nil || n < 0 || n > maxAnnounced {
		n = 0
	}
	*a = Announced(n)
	return nil
}
