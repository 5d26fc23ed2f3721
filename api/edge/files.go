package edge

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"strconv"

	"dispositivo/dossier"
)

// maxParts bounds a form of several files.
const maxParts = 64

// Files reads all files of a form into memory, at most limit bytes together.
// Every part must be a file in the field "file"; those that were left empty are
// passed over. The error is CodeFormParts, CodeUploadInterrupted or
// file.too_large; declared, the request's length, only words it.
func Files(form *multipart.Reader, limit, declared int64) ([][]byte, error) {
	var files [][]byte
	left := limit
	for range maxParts {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, interrupted(err)
		}
		if part.FormName() != FileField {
			return nil, dossier.Problem(dossier.CodeFormParts)
		}
		data, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, interrupted(err)
		}
		if left -= int64(len(data)); left < 0 {
			return nil, &dossier.Error{Code: dossier.Code(dossier.FileTooLarge), Args: map[string]string{
				"size": strconv.FormatInt(max(declared, limit+1), 10), "limit": strconv.FormatInt(limit, 10),
			}}
		}
		if part.FileName() != "" || len(data) > 0 {
			files = append(files, data)
		}
	}
	return nil, &dossier.Error{Code: dossier.CodeFormParts, Err: fmt.Errorf("more than %d parts", maxParts)}
}

// TextPart reads the next part of a form, which must be the field name with at most
// limit bytes of text; CodeFormParts when it is not.
func TextPart(form *multipart.Reader, name string, limit int64) (string, error) {
	part, err := form.NextPart()
	if err != nil {
		return "", &dossier.Error{Code: dossier.CodeFormParts, Err: err}
	}
	if part.FormName() != name || part.FileName() != "" {
		return "", dossier.Problem(dossier.CodeFormParts)
	}
	text, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return "", interrupted(err)
	}
	if int64(len(text)) > limit {
		return "", dossier.Problem(dossier.CodeFormParts)
	}
	return string(text), nil
}

// NamedFile reads a form of one text, in the field name with at most limit bytes, and
// one file of at most most bytes, which must be there. The error is file.empty, or one
// of TextPart and Files; declared, the request's length, only words it.
func NamedFile(form *multipart.Reader, name string, limit, most, declared int64) (text string, file []byte, err error) {
	text, err = TextPart(form, name, limit)
	if err != nil {
		return "", nil, err
	}
	files, err := Files(form, most, declared)
	switch {
	case err != nil:
		return text, nil, err
	case len(files) == 0 || len(files) == 1 && len(files[0]) == 0:
		return text, nil, dossier.Problem(dossier.Code(dossier.FileEmpty))
	case len(files) > 1:
		return text, nil, dossier.Problem(dossier.CodeFormParts)
	}
	return text, files[0], nil
}
