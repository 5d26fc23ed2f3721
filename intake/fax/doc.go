// Package fax brings received faxes to the door: from a watched folder, from
// HylaFAX's received-fax hook, and from fax providers, by webhook or by polling.
//
// Every way in keeps one promise: nothing is acknowledged (a file moved, exit code
// 0, status 200) before the door has it safe, and nothing is deleted. A caller's
// number is a hint for operators, never an identity. The package reads no page; it
// must not judge what it is handed.
package fax
