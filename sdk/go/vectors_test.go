package zenwallet

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// vectors reads a file of ../vectors. A copy of the module elsewhere has none and passes over them.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	onlyInRepository(t)
	data, err := os.ReadFile("../vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var cases []T
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%s: %d cases, %v", name, len(cases), err)
	}
	return cases
}

func onlyInRepository(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("../README.md"); errors.Is(err, os.ErrNotExist) {
		t.Skip("the shared suites are in the repository")
	}
}

// each runs every case and tells how many passed.
func each[T any](t *testing.T, cases []T, name func(T) string, run func(*testing.T, T)) {
	passed := 0
	for _, one := range cases {
		one := one
		if t.Run(name(one), func(t *testing.T) { run(t, one) }) {
			passed++
		}
	}
	t.Logf("%d passed, %d failed", passed, len(cases)-passed)
}

type signatureCase struct {
	Name       string            `json:"name"`
	Secret     string            `json:"secret"`
	Tolerance  int               `json:"tolerance_s"`
	Now        int64             `json:"now_s"`
	Body       string            `json:"body"`
	BodyBase64 *string           `json:"body_base64"`
	Signature  *string           `json:"signature"`
	Headers    map[string]string `json:"headers"`
	Expected   string            `json:"expected"`
}

func TestVectorsOfSignatures(t *testing.T) {
	each(t, vectors[signatureCase](t, "signatures.json"), func(c signatureCase) string { return c.Name }, checkSignature)
}

func checkSignature(t *testing.T, c signatureCase) {
	body := []byte(c.Body)
	if c.BodyBase64 != nil {
		var err error
		if body, err = base64.StdEncoding.DecodeString(*c.BodyBase64); err != nil {
			t.Fatal(err)
		}
	}
	header := http.Header{}
	for name, value := range c.Headers {
		header.Set(name, value)
	}
	if c.Signature != nil {
		header.Set(signatureHeader, *c.Signature)
	}
	webhooks := &Webhooks{
		secret:    func() string { return c.Secret },
		tolerance: time.Duration(c.Tolerance) * time.Second,
		now:       func() time.Time { return time.Unix(c.Now, 0) },
	}
	event, err := webhooks.ConstructEvent(body, header)
	got := "ok"
	var told *Error
	if errors.As(err, &told) {
		got = string(told.Reason)
		if !errors.Is(err, ErrSignatureVerification) || c.Secret != "" && strings.Contains(err.Error(), c.Secret) {
			t.Errorf("the error is %v", err)
		}
	}
	if got != c.Expected || (event != nil) != (c.Expected == "ok") {
		t.Errorf("%q, expected %q", got, c.Expected)
	}
	if c.Signature != nil && webhooks.Verify(body, *c.Signature) != (c.Expected == "ok") {
		t.Errorf("Verify does not say the same as ConstructEvent")
	}
}

type retryCase struct {
	Name       string  `json:"name"`
	Attempt    int     `json:"attempt"`
	Retries    int     `json:"retries"`
	Status     *int    `json:"status"`
	RetryAfter *string `json:"retry_after"`
	Code       *string `json:"code"`
	Now        int64   `json:"now_s"`
	Repeated   bool    `json:"repeated"`
	Min        int64   `json:"min_wait_ms"`
	Max        int64   `json:"max_wait_ms"`
}

func TestVectorsOfRetries(t *testing.T) {
	each(t, vectors[retryCase](t, "retries.json"), func(c retryCase) string { return c.Name }, checkRetry)
}

func checkRetry(t *testing.T, c retryCase) {
	policy := retryPolicy{retries: c.Retries, backoff: 500 * time.Millisecond}
	failure, retryAfter := &Error{Kind: ErrConnection}, ""
	if c.Status != nil {
		failure = &Error{Kind: kindOf(*c.Status), Status: *c.Status}
	}
	if c.Code != nil {
		failure.Code = *c.Code
	}
	if c.RetryAfter != nil {
		retryAfter = *c.RetryAfter
	}
	ends := map[float64]int64{0: c.Min, 1: c.Max}
	for _, fraction := range []float64{0, 0.3, 1} {
		wait, repeated := policy.wait(c.Attempt, failure, retryAfter, time.Unix(c.Now, 0), fraction)
		if repeated != c.Repeated {
			t.Fatalf("repeated is %v", repeated)
		}
		end, isEnd := ends[fraction]
		ms := wait.Milliseconds()
		if repeated && (ms < c.Min || ms > c.Max || isEnd && ms != end) {
			t.Errorf("waits %d ms of %d to %d with the fraction %v", ms, c.Min, c.Max, fraction)
		}
	}
}

type errorCase struct {
	Name     string            `json:"name"`
	Status   int               `json:"status"`
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`
	Expected struct {
		Class           string        `json:"class"`
		Type            string        `json:"type"`
		Code            string        `json:"code"`
		Param           string        `json:"param"`
		DocURL          string        `json:"doc_url"`
		RequestID       string        `json:"request_id"`
		RetryAfter      int64         `json:"retry_after_s"`
		Errors          []ErrorDetail `json:"errors"`
		PaymentID       string        `json:"payment_id"`
		MessageContains []string      `json:"message_contains"`
	} `json:"expected"`
}

func TestVectorsOfErrors(t *testing.T) {
	each(t, vectors[errorCase](t, "errors.json"), func(c errorCase) string { return c.Name }, checkError)
}

func checkError(t *testing.T, c errorCase) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		for name, value := range c.Headers {
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(c.Status)
		rw.Write([]byte(c.Body))
	}))
	defer server.Close()
	client := New(Options{APIKey: testKey, BaseURL: server.URL, Retries: -1})
	_, err := client.Payments.Get(testContext(t), "pay_1")
	var told *Error
	if !errors.As(err, &told) {
		t.Fatalf("the error is %v", err)
	}
	if !errors.Is(err, Kind(c.Expected.Class)) {
		t.Errorf("the kind is %v, expected %v", told.Kind, c.Expected.Class)
	}
	got := []any{told.Type, told.Code, told.Param, told.DocURL, told.RequestID, int64(told.RetryAfter.Seconds())}
	e := c.Expected
	if want := []any{e.Type, e.Code, e.Param, e.DocURL, e.RequestID, e.RetryAfter}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, expected %v", got, want)
	}
	if len(told.Errors)+len(e.Errors) > 0 && !reflect.DeepEqual(told.Errors, e.Errors) {
		t.Errorf("errors are %v", told.Errors)
	}
	if (told.Payment != nil) != (e.PaymentID != "") || told.Payment != nil && told.Payment.PaymentID != e.PaymentID {
		t.Errorf("the payment is %v", told.Payment)
	}
	for _, part := range e.MessageContains {
		if !strings.Contains(told.Message, part) {
			t.Errorf("%q does not contain %q", told.Message, part)
		}
	}
	if utf8.RuneCountInString(told.Message) > messageLimit {
		t.Errorf("the message has %d characters", utf8.RuneCountInString(told.Message))
	}
}
