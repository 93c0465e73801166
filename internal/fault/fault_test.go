package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestKindAndSentenceSurviveWrapping(t *testing.T) {
	base := New(Conflict, "fault.answered_meanwhile", "message %d exists", 3)
	wrapped := fmt.Errorf("answer: %w", base)
	if got := KindOf(wrapped); got != Conflict {
		t.Errorf("kind %v, want conflict", got)
	}
	if got := KeyOf(wrapped); got != "fault.answered_meanwhile" {
		t.Errorf("key %q", got)
	}
	if wrapped.Error() != "answer: message 3 exists" {
		t.Errorf("text %q", wrapped)
	}
}

func TestInnerSentenceIsUsedWhenTheOuterHasNone(t *testing.T) {
	err := Wrap(Unavailable, "", New(Internal, "fault.disk_full", "no space"))
	if KindOf(err) != Unavailable || KeyOf(err) != "fault.disk_full" {
		t.Errorf("got %v %q", KindOf(err), KeyOf(err))
	}
}

func TestForeignErrorsAreInternal(t *testing.T) {
	if KindOf(io.EOF) != Internal || KeyOf(io.EOF) != "fault.internal" {
		t.Error("a foreign error must be internal")
	}
	if Wrap(NotFound, "", nil) != nil {
		t.Error("wrapping nil must stay nil")
	}
	if !errors.Is(Wrap(NotFound, "", io.EOF), io.EOF) {
		t.Error("the cause is lost")
	}
}

func TestEveryKindHasASentence(t *testing.T) {
	seen := map[string]Kind{}
	for k := Internal; k <= Unavailable; k++ {
		for _, err := range []error{New(k, "", "x"), Wrap(k, "", io.EOF), fmt.Errorf("deeper: %w", New(k, "", "x"))} {
			key := KeyOf(err)
			if other, taken := seen[key]; key == "" || taken && other != k {
				t.Errorf("%v has the sentence %q", k, key)
			}
			seen[key] = k
		}
	}
}
