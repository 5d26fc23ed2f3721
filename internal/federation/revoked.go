package federation

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// RevokedFile is a file of lists of revoked certificates (RFC 5280 CRL), as somebody
// else fetches them; it is read again when it changed. It is safe for concurrent use.
type RevokedFile struct {
	path string

	mu    sync.Mutex
	info  os.FileInfo
	lists []*x509.RevocationList
}

// OpenRevoked reads the file a first time. It fails when it holds no list.
func OpenRevoked(path string) (*RevokedFile, error) {
	f := &RevokedFile{path: path}
	_, err := f.read()
	return f, err
}

// read returns the lists as the file has them now.
func (f *RevokedFile) read() ([]*x509.RevocationList, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, fmt.Errorf("look at lists of revoked cards: %w", err)
	}
	if f.info != nil && os.SameFile(info, f.info) && info.ModTime().Equal(f.info.ModTime()) && info.Size() == f.info.Size() {
		return f.lists, nil
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("read lists of revoked cards: %w", err)
	}
	lists, err := parseLists(data)
	if err != nil {
		return nil, fmt.Errorf("read lists of revoked cards: %w", err)
	}
	f.info, f.lists = info, lists
	return lists, nil
}

func parseLists(data []byte) ([]*x509.RevocationList, error) {
	block, rest := pem.Decode(data)
	if block == nil {
		list, err := x509.ParseRevocationList(data)
		return []*x509.RevocationList{list}, err
	}
	var lists []*x509.RevocationList
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "X509 CRL" {
			return nil, errors.New("the file holds something else than lists")
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return lists, nil
}

// check refuses when no chain is free of revoked certificates. A card whose issuer
// has no list in force is refused: nobody can say that it was not revoked.
func (f *RevokedFile) check(chains [][]*x509.Certificate, now time.Time) error {
	lists, err := f.read()
	if err != nil {
		return err
	}
	for _, chain := range chains {
		if whole(chain, lists, now) {
			return nil
		}
	}
	return refused("the certificate was revoked, or no list in force says that it was not")
}

// whole looks up every certificate of a chain but its root.
func whole(chain []*x509.Certificate, lists []*x509.RevocationList, now time.Time) bool {
	for i, cert := range chain[:len(chain)-1] {
		known := false
		for _, list := range lists {
			if !bytes.Equal(list.RawIssuer, cert.RawIssuer) || list.CheckSignatureFrom(chain[i+1]) != nil {
				continue
			}
			if names(list, cert) {
				return false
			}
			known = known || complete(list, cert) && !now.Before(list.ThisUpdate) && now.Before(list.NextUpdate)
		}
		if !known && i == 0 {
			return false
		}
	}
	return true
}

// removed is the reason of a delta's entry that takes a revocation back (RFC 5280,
// section 5.3.1).
const removed = 8

// names reports whether a list says that a certificate is revoked: a delta's word
// counts at once, though it clears nobody.
func names(list *x509.RevocationList, cert *x509.Certificate) bool {
	return slices.ContainsFunc(list.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool {
		return e.SerialNumber.Cmp(cert.SerialNumber) == 0 && e.ReasonCode != removed
	})
}
