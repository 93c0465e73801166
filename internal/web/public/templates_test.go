package public_test

import (
	"io/fs"

	"verhaal/internal/web/public"
)

func templates() map[string]fs.FS { return map[string]fs.FS{"public": public.Templates()} }
