// Package mail brings e-mail and PEC to the door: by SMTP or LMTP from a
// mail server in front of us, or out of a mailbox by IMAP.
//
// A message is taken apart (walk.go), told from what is no submission (classify.go)
// and, when it is a PEC envelope whose signature is good, opened (pec.go). All three
// are pure: the same bytes give the same reading. The whole message stays as
// evidence beside the documents taken out of it. A receipt of PEC whose signature is
// good is handed on with what it certifies (receipt.go).
//
// The mailbox is read with go-imap version 2, whose commands can be waited for and
// whose messages are streams; version 1 gets no more work.
//
// Nothing is acknowledged before the door has it safe. Headers are claims: only a
// signature proves a sender, and even that is never an identity (C9).
//
// Who sent it is answered by an Answerer, later and in a transaction of its own, and
// only when the sender is proved (proof.go). The package opens no document, words
// nothing, and must tell nobody anything of a person.
package mail
