package edge

import (
	"errors"
	"io"
	"mime/multipart"

	"dispositivo/dossier"
)

// FileField is the name of the one file part of an upload (DESIGN, section 6).
const FileField = "file"

// OneFile returns the next part as a stream, which must be a file in the field
// "file". Its body ends well only when no further part follows: a second one
// makes Read return CodeFormParts, so that nobody accepts the first (C2). A
// body that breaks off makes it return CodeUploadInterrupted.
func OneFile(form *multipart.Reader) (name string, body io.Reader, err error) {
	part, err := form.NextPart()
	if err != nil {
		return "", nil, &dossier.Error{Code: dossier.CodeFormParts, Err: err}
	}
	if part.FormName() != FileField || part.FileName() == "" {
		return "", nil, dossier.Problem(dossier.CodeFormParts)
	}
	return part.FileName(), &onlyPart{form: form, part: part}, nil
}

// onlyPart reads a part and looks behind its end.
type onlyPart struct {
	form *multipart.Reader
	part *multipart.Part
	end  error // what Read returns from the end on
}

// Read implements io.Reader.
func (o *onlyPart) Read(p []byte) (int, error) {
	if o.end != nil {
		return 0, o.end
	}
	n, err := o.part.Read(p)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF):
		o.end = o.behind()
	default:
		o.end = interrupted(err)
	}
	return n, o.end
}

// behind says how the form goes on after the file.
func (o *onlyPart) behind() error {
	_, err := o.form.NextPart()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err == nil:
		return dossier.Problem(dossier.CodeFormParts)
	default:
		return interrupted(err)
	}
}

// interrupted keeps a problem that already has a name, such as a limit's.
func interrupted(err error) error {
	if _, ok := errors.AsType[*dossier.Error](err); ok {
		return err
	}
	return &dossier.Error{Code: dossier.CodeUploadInterrupted, Temporary: true, Err: err}
}
