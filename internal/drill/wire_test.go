package drill

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echo is a server that says again what it hears.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // until the wire is cut
			}()
		}
	}()
	return l.Addr().String()
}

// newTestWire is a wire to a server, which ends with the test.
func newTestWire(t *testing.T, to string) *wire {
	t.Helper()
	w, err := newWire(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.close() })
	return w
}

// call opens a connection through the wire.
func call(t *testing.T, w *wire) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", w.l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// answers says whether what is said comes back before the connection ends.
func answers(c net.Conn) bool {
	_ = c.SetDeadline(time.Now().Add(patience)) // a closed one says so itself
	if _, err := c.Write([]byte("word")); err != nil {
		return false
	}
	heard := make([]byte, 4)
	_, err := io.ReadFull(c, heard)
	return err == nil && string(heard) == "word"
}

// TestAWireThatIsCutCarriesNothing: neither what was open nor what is new, until it is mended.
func TestAWireThatIsCutCarriesNothing(t *testing.T) {
	w := newTestWire(t, echo(t))
	before, other := call(t, w), call(t, w)
	if !answers(before) || !answers(other) {
		t.Fatal("a whole wire carries nothing")
	}
	w.sever()
	if answers(before) || answers(other) || answers(call(t, w)) {
		t.Error("a cut wire carries")
	}
	w.mend()
	if answers(before) || !answers(call(t, w)) {
		t.Error("a mended wire carries what was cut, or nothing new")
	}
}

// TestAWireToNowhereHangsUp: a browser is told at once that the server is away.
func TestAWireToNowhereHangsUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	w := newTestWire(t, l.Addr().String())
	if answers(call(t, w)) {
		t.Error("nobody is there, and somebody answered")
	}
}

// TestAWireForgetsWhatHasEnded: neither end stays open after the other went.
func TestAWireForgetsWhatHasEnded(t *testing.T) {
	w := newTestWire(t, echo(t))
	c := call(t, w)
	if !answers(c) {
		t.Fatal("a whole wire carries nothing")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	left := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.open)
	}
	for end := time.Now().Add(patience); left() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d ends are open still", left())
		}
	}
}

// TestAClosedWireTakesNobody: nothing listens any more.
func TestAClosedWireTakesNobody(t *testing.T) {
	w := newTestWire(t, echo(t))
	c := call(t, w)
	if !answers(c) {
		t.Fatal("a whole wire carries nothing")
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	if answers(c) {
		t.Error("a closed wire carries")
	}
	if _, err := net.Dial("tcp", w.l.Addr().String()); err == nil {
		t.Error("a closed wire takes a new connection")
	}
	if err := w.close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
}
