package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Client speaks to the public API as one signed-in account.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// Problem is a refusal of the API (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Errors []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	} `json:"errors"`
}

// Error gives status, code and faults.
func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s: %s %v", p.Status, p.Code, p.Detail, p.Errors)
}

// NewClient speaks to the portal's address, such as http://127.0.0.1:8080; token may be empty.
func NewClient(portal, token string) *Client {
	return &Client{base: portal + "/api/v1", token: token, http: &http.Client{}}
}

// Do sends in (nil: no body) and reads the answer into out (nil: ignored). A refusal is a *Problem.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, headers ...string) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	data, err := c.Send(ctx, method, path, body, headers...)
	if err != nil || out == nil || len(data) == 0 {
		return err
	}
	return json.Unmarshal(data, out)
}

// Send sends a body (nil: none) as it is and gives the answer as it is. A refusal is a *Problem.
func (c *Client) Send(ctx context.Context, method, path string, body []byte, headers ...string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 300 {
		p := &Problem{Status: res.StatusCode}
		if json.Unmarshal(data, p) != nil {
			p.Detail = string(data)
		}
		return nil, fmt.Errorf("%s %s: %w", method, path, p)
	}
	return data, nil
}

// Token is what signs the client in.
func (c *Client) Token() string { return c.token }
