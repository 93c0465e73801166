package client

import (
	"context"
	"io"
	"net/http"
	"regexp"
)

// Page fetches a page as a browser does.
func (d door) Page(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+path, nil)
	if err != nil {
		return "", err
	}
	res, err := d.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode != http.StatusOK {
		err = &Refusal{Status: res.StatusCode, Text: http.StatusText(res.StatusCode)}
	}
	return string(body), err
}

// Queue lists the reports on the first page of a channel's queue, in its
// order, and the size of that page in bytes.
func (c *Staff) Queue(ctx context.Context, channel string) (ids []string, size int, err error) {
	page, err := c.Page(ctx, "/desk/"+channel+"/")
	if err != nil {
		return nil, 0, err
	}
	row := regexp.MustCompile(`href="/desk/` + regexp.QuoteMeta(channel) + `/([A-Za-z0-9]+)" data-row`)
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids, len(page), nil
}
