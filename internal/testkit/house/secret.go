package house

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// OldHash is how an earlier version, at a lower cost, might have stored a secret.
func (h House) OldHash(secret string) string {
	const memory, passes, lanes = 8192, 1, 1
	mac := hmac.New(sha256.New, h.Keys.Pepper())
	mac.Write([]byte(secret))
	salt := []byte("sixteen bytes!!!")
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, passes, lanes, enc(salt),
		enc(argon2.IDKey(mac.Sum(nil), salt, passes, memory, lanes, 32)))
}
