package web

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
)

// panicked is an act that broke off: of which kind, and where. What it was about
// stays out, for it may hold what somebody typed.
type panicked struct {
	kind  string // type of the value
	where string // functions and lines, the innermost first
}

// Error implements error.
func (p panicked) Error() string { return "panic of " + p.kind + " in " + p.where }

// maxFrames is how many functions of a panic are named.
const maxFrames = 16

// withoutPanic does act; a panic becomes its error. One that only hangs up goes on.
func withoutPanic(act func() error) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			err = panicked{fmt.Sprintf("%T", v), where()}
		}
	}()
	return act()
}

// where names the functions that ran when a panic began, without their arguments.
func where() string {
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)]) // from the panic on
	var out []string
	for {
		f, more := frames.Next()
		out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return strings.Join(out, ", ")
		}
	}
}
