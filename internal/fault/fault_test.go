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
	for k := Internal; k <= Unavailable; k++ {
		if KeyOf(New(k, "", "x")) == "" {
			t.Errorf("%v has no sentence", k)
		}
	}
}
