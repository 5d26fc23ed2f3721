// Package delegation lets a holder name who may act for him: a CAF, a patronato
// or an intermediary, or another holder (B10). It grants, accepts, ends, and says
// for whom a delegate may act now.
//
// It acts for nobody: what is done under a mandate is done by the other packages
// of the domain, and the store refuses it in their transaction when the
// delegation is over. It must not know HTTP, SQL or sessions.
package delegation
