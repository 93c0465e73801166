package seal

import (
	"encoding/json"

	"verhaal/internal/fault"
)

// OpenJSON opens a file that holds padded JSON and decodes it into v. Errors
// are Open's, and BadInput when what was sealed is no JSON.
func OpenJSON(file []byte, v any, ids ...Identity) error {
	plain, err := Open(file, ids...)
	if err != nil {
		return err
	}
	if json.Unmarshal(plain, v) != nil {
		return fault.New(fault.BadInput, "fault.damaged_file", "a sealed text is not the JSON it should be")
	}
	return nil
}
