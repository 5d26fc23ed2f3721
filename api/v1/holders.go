package v1

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/services"
)

// seenAnswer is what an operator sees of a holder's services, and what was filed.
type seenAnswer struct {
	Category dossier.Category `json:"category"`
	Funds    []dossier.Fund   `json:"funds"`
	// Kind is what the PIN opens now; "" for nothing.
	Kind        dossier.Kind       `json:"kind"`
	Services    []serviceAnswer    `json:"services"`
	Domande     []domandaAnswer    `json:"domande"`
	Delegations []delegationAnswer `json:"delegations"`
}

// holderServices answers what the desk shows; the look is logged (B7, B8, B10).
func (a *API) holderServices(c *gin.Context) error {
	ctx, actor, id := c.Request.Context(), edge.Actor(c), c.Param("id")
	seen, err := a.Services.View(ctx, actor, id)
	if err != nil {
		return err
	}
	delegations, err := a.Delegation.Of(ctx, actor, id)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, seenAnswer{
		Category: seen.Who.Category, Funds: list(seen.Who.Funds), Kind: seen.Who.Kind,
		Services:    each(seen.Offers, func(o services.Offer) serviceAnswer { return a.serviceAnswer(c, o) }),
		Domande:     each(seen.Domande, domandaOf),
		Delegations: each(delegations, delegationOf),
	})
	return nil
}

// each words a list.
func each[T, A any](all []T, word func(T) A) []A {
	answers := make([]A, len(all))
	for i, one := range all {
		answers[i] = word(one)
	}
	return answers
}
