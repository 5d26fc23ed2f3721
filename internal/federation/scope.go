package federation

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// issuingPoint is the extension of a list that says what it covers (RFC 5280,
// section 5.2.5).
type issuingPoint struct {
	Point struct {
		Full     []asn1.RawValue  `asn1:"optional,tag:0"`
		Relative pkix.RDNSequence `asn1:"optional,tag:1"`
	} `asn1:"optional,tag:0"`
	Users       bool           `asn1:"optional,tag:1"`
	Authorities bool           `asn1:"optional,tag:2"`
	Reasons     asn1.BitString `asn1:"optional,tag:3"`
	Indirect    bool           `asn1:"optional,tag:4"`
	Attributes  bool           `asn1:"optional,tag:5"`
}

// uri is the tag of a general name that is an address.
const uri = 6

// complete reports whether a list would name a certificate if it were revoked. A
// delta, which holds the changes alone, is marked critical and is not complete; nor
// is any list with a critical extension that is not understood (RFC 5280, section
// 5.2), or with entries for some reasons, authorities or other issuers alone. Of a
// list in parts it is the part that the certificate names.
func complete(list *x509.RevocationList, cert *x509.Certificate) bool {
	for _, extension := range list.Extensions {
		if !extension.Critical {
			continue
		}
		if !extension.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 28}) {
			return false
		}
		var p issuingPoint
		if rest, err := asn1.Unmarshal(extension.Value, &p); err != nil || len(rest) > 0 {
			return false
		}
		if p.Authorities || p.Indirect || p.Attributes || p.Reasons.BitLength > 0 || p.Users && cert.IsCA {
			return false
		}
		if len(p.Point.Relative) > 0 || len(p.Point.Full) > 0 && !slices.ContainsFunc(p.Point.Full, func(n asn1.RawValue) bool {
			return n.Tag == uri && slices.Contains(cert.CRLDistributionPoints, string(n.Bytes))
		}) {
			return false
		}
	}
	return true
}
