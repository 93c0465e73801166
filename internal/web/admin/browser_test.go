package admin_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"verhaal/internal/staff"
)

// TestPagesFitAPhoneAndAnybodyCanUseThem opens every page in both directions of
// writing, at 360 and 1280 px, and lets axe look at it. VERHAAL_SHOTS names a
// folder to keep pictures in.
func TestPagesFitAPhoneAndAnybodyCanUseThem(t *testing.T) {
	h := newHouse(t)
	who, _ := h.seated(t, "sam", "Sam Bos")
	h.enrolled(t, "aud", "An Auditor", staff.Auditor, staff.Officer, staff.Administrator)
	must(t, h.desks.AddMember(context.Background(), h.admin.ID, channel, h.admin.ID))
	waiting, _, err := h.members.Invite(context.Background(), h.admin.ID, staff.Newcomer{Login: "kim", Name: "Kim de Boer", Powers: []string{staff.Officer}})
	must(t, err)
	_, err = h.rules.Propose(context.Background(), h.admin.ID, zipped(t, `version: "2027.1"`))
	must(t, err)
	second, _ := h.enrolled(t, "bo", "Bo Smit", staff.Administrator)
	h.asks, h.seals = second, 1
	axe, err := os.ReadFile("../../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("axe is missing: run npm ci")
	}

	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath("/usr/bin/chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(f, true))
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	do := func(steps ...chromedp.Action[chromedp.Void]) { t.Helper(); must(t, chromedp.Do(ctx, steps...)) }
	do(chromedp.Navigate("about:blank"))

	for _, lang := range []string{"en", "nl", "ar"} {
		headers := network.Headers{"X-Role": staff.Administrator, "X-Lang": lang}
		_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
		must(t, err)
		for name, path := range map[string]string{
			"overview": "/admin/", "people": "/admin/people", "person": "/admin/people/" + who.ID + "?done=certificate",
			"invited": "/admin/people/" + waiting, "channel": "/admin/channels/" + channel,
			"rules": "/admin/rules?done=rules_proposed",
		} {
			for _, width := range []int64{360, 1280} {
				do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(h.server.URL+path))
				what := name + "-" + lang + "-" + map[int64]string{360: "360", 1280: "1280"}[width]
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
				must(t, err)
				if wide > width {
					t.Errorf("%s is %d px wide", what, wide)
				}
				if _, err := chromedp.Run(ctx, chromedp.Evaluate[map[string]any](string(axe)+`;({})`)); err != nil {
					t.Fatal(err)
				}
				found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
					.then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | ")).join("\n"))`, chromedp.EvalAwaitPromise))
				must(t, err)
				if found != "" {
					t.Errorf("%s: %s", what, found)
				}
				if dir := os.Getenv("VERHAAL_SHOTS"); dir != "" {
					png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(t, err)
					must(t, os.WriteFile(filepath.Join(dir, "admin-"+what+".png"), png, 0o644))
				}
			}
		}
	}
}
