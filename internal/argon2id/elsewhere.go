package argon2id

import "golang.org/x/crypto/argon2"

// elsewhere computes the whole in new memory.
func elsewhere(secret, salt []byte, passes, memory, keyLen uint32) []byte {
	return argon2.IDKey(secret, salt, passes, memory, 1, keyLen)
}
