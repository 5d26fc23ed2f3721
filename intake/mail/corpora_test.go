package mail

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// proves C5: mails that nobody here wrote.
func TestCorpora(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the corpora are not here")
	}
	for file, want := range map[string]struct {
		class Class
		files int // -1: any
	}{
		"enmime/inlinemultipart.raw": {Submission, 1}, "enmime/malformed-base64-attach.raw": {Submission, -1},
		"enmime/malformed-multiple-address-header-values.raw": {Submission, -1}, "enmime/mime-bad-content-type.raw": {Submission, 1},
		"enmime/mime-blank-media-name.raw": {Submission, 1}, "enmime/mime-unquoted-tspecials-param.raw": {Submission, 1},
		"flanker/attached-pdf.eml": {Submission, 1}, "flanker/long-header.eml": {Submission, -1}, "flanker/office365.eml": {Bounce, 0},
		"flanker/signed.eml": {Submission, 0}, "go-pec/accettazione.eml": {Receipt, 0}, "go-pec/consegna.eml": {Receipt, 0},
		"go-pec/email_2.eml": {Receipt, 0}, "go-pec/email_3.eml": {Unproved, 0}, "mailpit/mime-attachment.eml": {Submission, 1},
		"mailpit/mixed-attachment.eml": {Submission, 1}, "mikel-mail/attachment_with_base64_encoded_name.eml": {Submission, 1},
		"mikel-mail/raw_email_with_multipart_mixed_quoted_boundary.eml": {Submission, 1},
		"mime4j/attachment-filename-encoding-Latin1.msg":                {Submission, -1}, "roundcube/tnef1.eml": {Submission, -1},
		"parse-emails/email_with_signed_attachment.eml": {Submission, 1},
	} {
		raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			t.Error(err)
			continue
		}
		got := read(raw)
		if got.Class != want.class || want.files >= 0 && len(got.Files) != want.files {
			t.Errorf("%s: %s with %d files, want %s with %d", file, got.Class, len(got.Files), want.class, want.files)
		}
	}
}
