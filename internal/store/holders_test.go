package store_test

import (
	"fmt"
	"slices"
	"testing"

	"dispositivo/internal/testkit/house"
)

// proves C9: holders are found among any number of codici fiscali, each once, and
// nobody among none.
func TestHoldersAmong(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		first, last := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVDAA80A41H502Y")
		want := slices.Sorted(slices.Values([]string{first.ID, last.ID}))
		for _, strangers := range []int{0, 1, 999, 1000, 2500} {
			codes := make([]string, strangers, strangers+2)
			for i := range codes {
				codes[i] = fmt.Sprintf("NOBODY%d", i)
			}
			if got, err := e.HoldersAmong(t.Context(), slices.Values(codes)); err != nil || len(got) != 0 {
				t.Errorf("among %d strangers: %v, %v", strangers, got, err)
			}
			codes = slices.Concat([]string{"PRVDAA80A41H502Y"}, codes, []string{"PRVDAA80A41H501X"})
			got, err := e.HoldersAmong(t.Context(), slices.Values(codes))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("at the ends of %d strangers: %v, %v", strangers, got, err)
			}
		}
	})
}
