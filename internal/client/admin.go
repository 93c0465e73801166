package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// form posts a form as a page does and returns the page that answers.
func (d door) form(ctx context.Context, path string, values url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.answer(req)
}

// answer sends a form and returns the page that answers.
func (d door) answer(req *http.Request) (string, error) {
	res, err := d.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode >= 400 {
		err = &Refusal{Status: res.StatusCode, Text: http.StatusText(res.StatusCode)}
	}
	return string(body), err
}

var (
	shownCode   = regexp.MustCompile(`<pre class="mono"[^>]*>([^<]+)</pre>`)
	shownPerson = regexp.MustCompile(`/admin/people/([A-Za-z0-9]+)"`)
)

// Invite makes an account and returns the member's id and the one-time code
// that the page shows.
func (c *Staff) Invite(ctx context.Context, login, name string, powers ...string) (id, code string, err error) {
	page, err := c.form(ctx, "/admin/people", url.Values{"login": {login}, "name": {name}, "power": powers})
	if err != nil {
		return "", "", err
	}
	shown, person := shownCode.FindStringSubmatch(page), shownPerson.FindStringSubmatch(page)
	if shown == nil || person == nil {
		return "", "", errors.New("the page after an invitation shows no code")
	}
	return person[1], shown[1], nil
}

// Certify records a certificate; days are YYYY-MM-DD.
func (c *Staff) Certify(ctx context.Context, id, kind, from, until, number string) error {
	_, err := c.form(ctx, "/admin/people/"+id+"/certificates", url.Values{"kind": {kind}, "from": {from}, "until": {until}, "number": {number}})
	return err
}

// Seat makes somebody a member of a desk.
func (c *Staff) Seat(ctx context.Context, channel, login string) error {
	_, err := c.form(ctx, "/admin/channels/"+channel+"/members", url.Values{"login": {login}})
	return err
}

// OpenChannel lets a channel take reports.
func (c *Staff) OpenChannel(ctx context.Context, channel string) error {
	_, err := c.form(ctx, "/admin/channels/"+channel+"/open", url.Values{"open": {"1"}})
	return err
}

// ProposeRules uploads a version of the policy pack, as a zip.
func (c *Staff) ProposeRules(ctx context.Context, archive []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("archive", "pack.zip")
	if err == nil {
		_, err = part.Write(archive)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/admin/rules", &body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	_, err = c.answer(req)
	return err
}

// ConfirmRules confirms a version that somebody else proposed.
func (c *Staff) ConfirmRules(ctx context.Context, hash string) error {
	_, err := c.form(ctx, "/admin/rules/"+hash+"/confirm", nil)
	return err
}
