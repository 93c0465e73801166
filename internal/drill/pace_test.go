package drill

import "testing"

// TestEachPlaceIsSoughtInAMinuteOfItsOwn, so that each needs a key of its own, and never right after the one before.
func TestEachPlaceIsSoughtInAMinuteOfItsOwn(t *testing.T) {
	seen := map[int]bool{}
	before := -1
	for _, at := range places(long) {
		minute := at / 60
		if at < 0 || at >= int(long.Seconds()) || seen[minute] || minute == before+1 {
			t.Errorf("second %d", at)
		}
		seen[minute], before = true, minute
	}
	if len(seen) != 20 {
		t.Errorf("%d minutes", len(seen))
	}
}
