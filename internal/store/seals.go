package store

import (
	"context"
	"encoding/json"
	"fmt"

	"dispositivo/internal/seal"
)

// Associated data bind every sealed column to its row, so that a value moved
// to another place does not open.
func adHolder(id string) []byte  { return []byte("holders.sealed:" + id) }
func adForm(id string) []byte    { return []byte("dossiers.form:" + id) }
func adCode(id string) []byte    { return []byte("dossiers.code:" + id) }
func adNote(id string) []byte    { return []byte("decisions.note:" + id) }
func adMessage(id string) []byte { return []byte("messages.sealed:" + id) }
func adTOTP(id string) []byte    { return []byte("operators.totp:" + id) }

func (s *Store) holderKey(ctx context.Context, q querier, holderID string) (seal.DataKey, error) {
	var wrapped []byte
	if err := q.row(ctx, `SELECT wrapped_key FROM holders WHERE id = ?`, holderID).Scan(&wrapped); err != nil {
		return seal.DataKey{}, fmt.Errorf("read holder's key: %w", err)
	}
	key, err := s.keys.Unwrap(wrapped, adHolder(holderID))
	if err != nil {
		return seal.DataKey{}, fmt.Errorf("open holder's key: %w", err)
	}
	return key, nil
}

func sealJSON(key seal.DataKey, v any, ad []byte) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode for sealing: %w", err)
	}
	sealed, err := key.Seal(plain, ad)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

func openJSON(key seal.DataKey, sealed, ad []byte, v any) error {
	plain, err := key.Open(sealed, ad)
	if err != nil {
		return fmt.Errorf("open sealed column: %w", err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("decode sealed column: %w", err)
	}
	return nil
}

// codeHash is the keyed hash a status code is looked up by.
func (s *Store) codeHash(code string) []byte { return s.keys.MAC("status_code").Sum([]byte(code)) }
