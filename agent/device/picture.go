package device

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// Picture is a still of a camera.
type Picture struct {
	Type string // image/jpeg or image/png
	Data []byte
}

// MaxPicture bounds a picture.
const MaxPicture = 8 << 20

// Viewer gives what a device sees.
type Viewer interface {
	Snapshot(ctx context.Context) (Picture, error)
	Stream(ctx context.Context) (string, error) // an RTSP address without user and password
}

// PictureOf takes what a device sent for a picture: what it is called does not count, what it is does.
func PictureOf(op string, status int, data []byte) (Picture, error) {
	if status != http.StatusOK {
		return Picture{}, &Error{Kind: Refused, Op: op, Err: fmt.Errorf("status %d", status)}
	}
	kind := http.DetectContentType(data)
	if len(data) > MaxPicture || kind != "image/jpeg" && kind != "image/png" {
		return Picture{}, &Error{Kind: Garbled, Op: op, Err: errors.New("it is no picture")}
	}
	return Picture{Type: kind, Data: data}, nil
}

// Longest is how much of a device's own words is kept.
const Longest = 64

// Printable cuts a device's words to what may stand in a log or on a page.
func Printable(s string) string {
	out := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if runes := []rune(out); len(runes) > Longest {
		return string(runes[:Longest])
	}
	return out
}
