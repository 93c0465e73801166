package drill

import (
	"io"
	"net"
	"sync"
)

// wire carries a browser's connections to the server, and can be cut.
type wire struct {
	l    net.Listener
	to   string
	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
}

func newWire(to string) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{l: l, to: to, open: map[net.Conn]bool{}}
	go w.serve()
	return w, nil
}

func (w *wire) serve() {
	for {
		c, err := w.l.Accept()
		if err != nil {
			return // closed
		}
		go w.carry(c)
	}
}

// hold keeps a connection until it ends or the wire is cut.
func (w *wire) hold(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		_ = c.Close()
		return false
	}
	w.open[c] = true
	return true
}

func (w *wire) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
	_ = c.Close() // closed already by whoever was first
}

func (w *wire) carry(in net.Conn) {
	if !w.hold(in) {
		return
	}
	defer w.drop(in)
	out, err := net.Dial("tcp", w.to)
	if err != nil || !w.hold(out) {
		return // the server is down, or the wire was cut meanwhile
	}
	defer w.drop(out)
	go func() {
		_, _ = io.Copy(out, in) // either end may go at any time
		w.drop(out)
	}()
	_, _ = io.Copy(in, out)
}

// sever cuts all connections and lets no new one through, until mended.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for c := range w.open {
		_ = c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}

func (w *wire) close() error {
	w.sever()
	return w.l.Close()
}
