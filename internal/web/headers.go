package web

import (
	"net/http"
	"strings"
)

const policyBase = "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'self'"

// Protect wraps everything the server answers: strict content policy, nothing
// stored, nothing sniffed, no referrer, and no request that another site made
// a browser send (http.CrossOriginProtection, by Sec-Fetch-Site and Origin).
func Protect(next http.Handler) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyBase)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		// Nothing goes to others. "no-referrer" would make browsers say "Origin:
		// null" to ourselves, and where they send no Sec-Fetch-Site either (plain
		// http, as behind an onion service) no form could be told from a foreign one.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
		guarded.ServeHTTP(w, r)
	})
}

// AllowDerivation lets the page compile the WebAssembly of Argon2id. Only
// pages that turn a receipt or a passphrase into keys call it.
func AllowDerivation(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", strings.TrimSuffix(policyBase, "'self'")+"'self' 'wasm-unsafe-eval'")
}

// AllowPlayback lets a page play what its scripts decrypt, in workers of its own.
func AllowPlayback(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", policyBase+"; media-src 'self' blob:; worker-src 'self'")
}

// AllowRecording is AllowPlayback for the recorder, which uses camera and
// microphone too.
func AllowRecording(w http.ResponseWriter) {
	AllowPlayback(w)
	w.Header().Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), geolocation=(), interest-cohort=()")
}

// ForbidSending lets a page fetch nothing but its own script and style, and
// send nothing at all: what it reads from the visitor's disk stays there.
func ForbidSending(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'self'")
}
