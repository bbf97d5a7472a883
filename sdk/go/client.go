// Package zenwallet is a client of the ZenWallet gateway and a verifier of its webhooks.
//
//	client := zenwallet.New(zenwallet.Options{}) // ZENWALLET_API_KEY, ZENWALLET_URL
//	payment, err := client.Payments.Create(ctx, &zenwallet.CreatePayment{Amount: "500", Currency: "COINS"})
//
// Everything may be used by several goroutines at once, except iterators and streams. Every error is
// an *Error; errors.Is asks for its Kind.
package zenwallet

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	answerLimit   = 8 << 20 // bytes of an answer
	headLimit     = 1 << 20 // bytes of an answer's headers
	backoffMax    = 8 * time.Second
	retryAfterMax = 60 * time.Second
	userAgent     = "zenwallet-go/0.1.0"
)

// Options are how a client is made. Zero values are the defaults.
type Options struct {
	APIKey        string        `json:"-"` // ZENWALLET_API_KEY
	BaseURL       string        // ZENWALLET_URL, else http://127.0.0.1:8080; a path in it is kept
	WebhookSecret string        `json:"-"` // ZENWALLET_WEBHOOK_SECRET; needed only to verify
	Timeout       time.Duration // of one attempt, to the last byte of the body: 10 s
	Retries       int           // after the first attempt: 3; below zero for none
	Backoff       time.Duration // the longest wait before the first retry: 0.5 s. It doubles up to 8 s
	StreamSilence time.Duration // after which a stream connects again: 45 s
	Tolerance     time.Duration // of a webhook's timestamp, both ways: 300 s
	// HTTPClient is copied and used without following redirects; its Timeout, if set, ends streams too.
	HTTPClient *http.Client
}

// String shows no secret.
func (o Options) String() string { return "zenwallet.Options{…}" }

// GoString shows no secret.
func (o Options) GoString() string { return o.String() }

// Client talks to one gateway with one API key. It does not change once it is made.
type Client struct {
	Payments *Payments
	Events   *Events
	Webhooks *Webhooks

	base    string
	key     func() string // a function, so that no way of printing shows it
	http    *http.Client
	policy  retryPolicy
	timeout time.Duration
	silence time.Duration
	invalid *Error // what is wrong with the options; told by every call
}

// New makes a client. What is wrong with the options is told by its first call.
func New(o Options) *Client {
	key := strings.TrimSpace(or(o.APIKey, os.Getenv("ZENWALLET_API_KEY")))
	secret := or(o.WebhookSecret, os.Getenv("ZENWALLET_WEBHOOK_SECRET"))
	base := or(or(o.BaseURL, os.Getenv("ZENWALLET_URL")), "http://127.0.0.1:8080")
	c := &Client{
		base:    strings.TrimRight(base, "/"),
		key:     func() string { return key },
		http:    httpClient(o.HTTPClient),
		policy:  retryPolicy{retries: or(o.Retries, 3), backoff: or(o.Backoff, 500*time.Millisecond)},
		timeout: or(o.Timeout, 10*time.Second),
		silence: or(o.StreamSilence, 45*time.Second),
	}
	c.Payments, c.Events = &Payments{c}, &Events{c}
	c.Webhooks = &Webhooks{
		secret:    func() string { return secret },
		tolerance: or(o.Tolerance, 300*time.Second),
		now:       time.Now,
	}
	parsed, err := url.Parse(base)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" ||
		parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		c.invalid = invalidRequest("the base URL is not http or https with a host and at most a path")
	case key == "":
		c.invalid = &Error{Kind: ErrAuthentication, Message: "no API key: set Options.APIKey or ZENWALLET_API_KEY"}
	case !isVisible(key, 1000):
		c.invalid = &Error{Kind: ErrAuthentication, Message: "the API key holds characters that no key has"}
	}
	return c
}

func or[T comparable](given, usual T) T {
	var zero T
	if given == zero {
		return usual
	}
	return given
}

// transport is shared, so that clients which come and go leave no connections behind.
var transport = func() http.RoundTripper {
	usual, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := usual.Clone()
	own.MaxResponseHeaderBytes = headLimit
	return own
}()

func httpClient(given *http.Client) *http.Client {
	own := http.Client{}
	if given != nil {
		own = *given
	}
	if own.Transport == nil {
		own.Transport = transport
	}
	// A redirect could carry the key elsewhere.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// CallOption changes one call.
type CallOption func(*call)

// WithIdempotencyKey sends this key, of 1 to 255 visible ASCII characters, instead of a random one:
// for calls that are repeated by another process, or after a crash.
func WithIdempotencyKey(key string) CallOption {
	return func(c *call) { c.idempotencyKey, c.hasKey = key, true }
}

// WithQRCode adds the QR code of the payment's page to the answer of Payments.Get.
func WithQRCode() CallOption {
	return func(c *call) { c.query.Set("include", "qr_code") }
}

// call is one request, in all its attempts.
type call struct {
	method, path   string
	query          url.Values
	body           []byte
	idempotencyKey string
	hasKey         bool
}

func newCall(method, path string, query url.Values, options []CallOption) *call {
	one := &call{method: method, path: path, query: query}
	if one.query == nil {
		one.query = url.Values{}
	}
	for _, option := range options {
		option(one)
	}
	return one
}

// post sends a body, or nil for none, and reads the answer into a model.
func (c *Client) post(ctx context.Context, path string, body, into any, options []CallOption) error {
	one := newCall(http.MethodPost, path, nil, options)
	if !one.hasKey {
		one.idempotencyKey = randomUUID()
	}
	if !isVisible(one.idempotencyKey, 255) {
		return invalidRequest("an idempotency key has 1 to 255 visible ASCII characters")
	}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return &Error{Kind: ErrInvalidRequest, Message: shorten(err.Error(), messageLimit), cause: err}
		}
		one.body = data
	}
	return c.send(ctx, one, into)
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any, options ...CallOption) error {
	return c.send(ctx, newCall(http.MethodGet, path, query, options), into)
}

// send makes attempts until one ends the call.
func (c *Client) send(ctx context.Context, one *call, into any) error {
	if c.invalid != nil {
		return c.invalid
	}
	for attempt := 1; ; attempt++ {
		answer, retryAfter, failure := c.attempt(ctx, one)
		if failure == nil {
			if err := decodeObject(answer, into); err != nil {
				return c.safe(invalidResponse("the answer is not what was asked for: "+err.Error(), err))
			}
			return nil
		}
		wait, again := c.policy.wait(attempt, failure, retryAfter, time.Now(), randomFraction())
		if !again || ctx.Err() != nil {
			return c.safe(failure)
		}
		if err := sleep(ctx, wait); err != nil {
			return c.safe(noAnswer(err))
		}
	}
}

// attempt is one exchange: the body of a success, or the header Retry-After and an error.
func (c *Client) attempt(ctx context.Context, one *call) ([]byte, string, *Error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := c.request(ctx, one)
	if err != nil {
		return nil, "", invalidRequest("the request cannot be sent: " + err.Error())
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, "", noAnswer(plain(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	retryAfter := response.Header.Get("Retry-After")
	isSuccess := response.StatusCode >= 200 && response.StatusCode < 300
	switch {
	case err != nil:
		return nil, "", noAnswer(plain(err))
	case !isSuccess:
		return nil, retryAfter, statusError(response.StatusCode, response.Header, body, time.Now())
	case len(body) > answerLimit:
		return nil, "", invalidResponse("the answer is larger than 8 MiB", nil)
	}
	return body, retryAfter, nil
}

func (c *Client) request(ctx context.Context, one *call) (*http.Request, error) {
	target := c.base + one.path
	if len(one.query) > 0 {
		target += "?" + one.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, one.method, target, bytes.NewReader(one.body))
	if err != nil {
		return nil, plain(err)
	}
	// Without it the transport repeats nothing behind our back: attempts are counted here.
	request.GetBody = nil
	request.Header.Set("Authorization", "Bearer "+c.key())
	request.Header.Set("User-Agent", userAgent)
	if one.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if one.idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", one.idempotencyKey)
	}
	return request, nil
}

// safe takes the key out of what was said to us, should it have been said back.
func (c *Client) safe(e *Error) *Error {
	if e == c.invalid {
		return e // nobody said anything yet, and it belongs to every call
	}
	for _, text := range []*string{&e.Message, &e.Code, &e.RequestID} {
		*text = strings.ReplaceAll(*text, c.key(), "sk_…")
	}
	return e
}

// plain takes the URL off an error: it is long, and says nothing new.
func plain(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// retryPolicy tells what follows a failed attempt.
type retryPolicy struct {
	retries int
	backoff time.Duration
}

// wait tells whether attempt 1, 2, … that ended in failure is followed by another, and how long after.
// The fraction is random, from 0 to 1.
func (p retryPolicy) wait(attempt int, e *Error, retryAfter string, now time.Time, fraction float64) (time.Duration, bool) {
	if attempt > p.retries || !isRepeatable(e) {
		return 0, false
	}
	return p.pause(attempt, retryAfter, now, fraction)
}

// pause is how long to wait after the nth failure; false where that is longer than anybody waits.
func (p retryPolicy) pause(n int, retryAfter string, now time.Time, fraction float64) (time.Duration, bool) {
	longest := p.backoff
	for i := 1; i < n && longest < backoffMax; i++ {
		longest *= 2
	}
	if longest > backoffMax {
		longest = backoffMax
	}
	wait := longest/2 + time.Duration(fraction*float64(longest/2))
	if asked, ok := parseRetryAfter(retryAfter, now); ok && asked > wait {
		wait = asked
	}
	return wait, wait <= retryAfterMax
}

func isRepeatable(e *Error) bool {
	switch e.Status {
	case 0:
		return errors.Is(e, ErrConnection)
	case 408, 429, 500, 502, 503, 504:
		return true
	}
	return e.Status == http.StatusConflict && e.Code == "idempotency_key_in_use"
}

// parseRetryAfter reads seconds or an HTTP date; anything else counts as absent. More than 31 years
// are 31 years.
func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		const most = 1_000_000_000
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > most {
			seconds = most
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	wait := date.Sub(now)
	if wait < 0 {
		wait = 0
	}
	return wait, true
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func randomFraction() float64 {
	var data [4]byte
	if _, err := rand.Read(data[:]); err != nil {
		return 1 // the longest wait does no harm
	}
	return float64(binary.BigEndian.Uint32(data[:])) / (1 << 32)
}

func randomUUID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "" // is refused as an idempotency key: no key is better than one that comes twice
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
