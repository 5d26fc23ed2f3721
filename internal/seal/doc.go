// Package seal keeps documents and personal columns unreadable to whoever has only the disk or the
// database (requirement C14; DESIGN sections 3 and 5).
//
// It is envelope encryption. The master key lies in a file outside the data; every document, message and
// holder has a data key of its own, which is stored beside the data, wrapped under the master key. Who
// destroys a wrapped data key erases the data, wherever copies of the sealed bytes may lie.
//
//   - [LoadKeys] and [CreateKeys] read and make the two key files.
//   - [Keys.NewDataKey], [Keys.Unwrap], [Keys.Rewrap] handle wrapped data keys.
//   - [DataKey.Seal] is for columns, [DataKey.SealWriter] for documents.
//   - [Keys.MAC] makes keyed columns, which can be looked up but not guessed; [Keys.Pepper] goes into
//     the hashes of PINs.
//
// Every sealed value is bound to associated data ("ad"): say there what the value is and to whom it belongs
// (table, column, row), so that a value moved to another place does not open.
//
// The package must not store anything, must not log, and no key may leave it: [Keys] and [DataKey] print as
// "[secret]" under every verb, and errors never hold bytes of keys or plain text. It imports nothing of
// this module.
package seal

import "errors"

// ErrOpen says that sealed bytes do not open: another key, other associated data, or altered, truncated
// or foreign bytes. Which of these it was cannot be told. It is permanent.
var ErrOpen = errors.New("seal: sealed bytes do not open")

// keySize is the length of every key, in bytes: master, pepper, data and derived cipher keys.
const keySize = 32
