package report

// Received is the stored time, for tests of what is kept.
func (r Row) Received() int64 { return r.received }

// CheckCursor parses a cursor, for fuzzing.
func CheckCursor(s string) error { _, err := parseCursor(s); return err }
