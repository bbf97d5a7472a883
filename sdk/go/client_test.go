package zenwallet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const testSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// answering is a client of a gateway that is this function.
func answering(t *testing.T, path string, f http.HandlerFunc) *Client {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return New(Options{APIKey: testKey, WebhookSecret: testSecret, BaseURL: server.URL + path, Backoff: time.Millisecond})
}

func TestNothingPrintsSecrets(t *testing.T) {
	options := Options{APIKey: testKey, WebhookSecret: testSecret}
	client := answering(t, "", func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(400)
		io.WriteString(rw, "what is this: "+r.Header.Get("Authorization"))
	})
	_, err := client.Payments.Get(testContext(t), someID)
	_, unsigned := client.Webhooks.ConstructEvent([]byte("{}"), http.Header{})
	_, unusable := New(Options{APIKey: testKey + "\r\nX: y"}).Payments.Get(testContext(t), someID)
	values := []any{options, &options, client, *client, client.Webhooks, *client.Webhooks, client.Payments, err, unsigned, unusable}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			text := fmt.Sprintf(verb, value)
			if strings.Contains(text, testKey) || strings.Contains(text, testSecret) {
				t.Errorf("%s of a %T shows a secret: %s", verb, value, text)
			}
		}
		if data, _ := json.Marshal(value); bytes.Contains(data, []byte(testKey)) {
			t.Errorf("the JSON of a %T shows a secret: %s", value, data)
		}
	}
	if err == nil || unsigned == nil || !errors.Is(unusable, ErrAuthentication) {
		t.Errorf("%v, %v, %v", err, unsigned, unusable)
	}
}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	var body []byte
	client := answering(t, "/gateway/", func(rw http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		io.WriteString(rw, `{"payment_id":"pay_1","status":"NEWER","amount":12.50,"added_later":{"a":[1]},"expires_at":"2026-01-26T10:35:00Z"}`)
	})
	ctx := testContext(t)
	payment, err := client.Payments.Create(ctx, &CreatePayment{Amount: "9999999999999.99", Currency: "COINS"}, WithIdempotencyKey("order-1"))
	if err != nil || payment.Status != "NEWER" || payment.Amount != "12.50" || payment.ExpiresAt.Year() != 2026 {
		t.Errorf("%+v, %v", payment, err)
	}
	if string(body) != `{"amount":9999999999999.99,"currency":"COINS"}` || got.URL.Path != "/gateway/api/payments/create" {
		t.Errorf("%s to %s", body, got.URL)
	}
	if got.Header.Get("Idempotency-Key") != "order-1" || got.Header.Get("Authorization") != "Bearer "+testKey {
		t.Errorf("headers %v", got.Header)
	}
	if _, err := client.Payments.Get(ctx, "a/b?c#d ../e%"); err != nil || got.URL.EscapedPath() != "/gateway/api/payments/a%2Fb%3Fc%23d%20..%2Fe%25" {
		t.Errorf("%s, %v", got.URL.EscapedPath(), err)
	}
}

func TestWhatIsNotSent(t *testing.T) {
	client := answering(t, "", func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it was sent: %s", r.URL) })
	ctx := testContext(t)
	call := func(_ any, err error) error { return err }
	request := &CreatePayment{Amount: "500", Currency: "COINS"}
	refused := map[string]error{
		"an empty id":             call(client.Payments.Get(ctx, "")),
		"an id of dots":           call(client.Payments.Cancel(ctx, "..")),
		"an empty id to complete": call(client.Payments.Complete(ctx, "", &CompletePayment{})),
		"an empty event id":       call(client.Events.Get(ctx, "")),
		"nothing to create":       call(client.Payments.Create(ctx, nil)),
		"an empty key":            call(client.Payments.Create(ctx, request, WithIdempotencyKey(""))),
		"a key with a space":      call(client.Payments.Create(ctx, request, WithIdempotencyKey("a b"))),
		"a key that is too long":  call(client.Payments.Create(ctx, request, WithIdempotencyKey(strings.Repeat("x", 256)))),
		"no number":               call(client.Payments.Create(ctx, &CreatePayment{Amount: "5 coins", Currency: "COINS"})),
		"a base URL of files":     call(New(Options{APIKey: testKey, BaseURL: "file:///etc"}).Payments.List(ctx, nil)),
		"a base URL with a query": call(New(Options{APIKey: testKey, BaseURL: "http://127.0.0.1:1/?a=b"}).Payments.List(ctx, nil)),
	}
	for name, err := range refused {
		if !errors.Is(err, ErrInvalidRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("ZENWALLET_API_KEY", "")
	if _, err := New(Options{}).Payments.List(ctx, nil); !errors.Is(err, ErrAuthentication) {
		t.Errorf("no key: %v", err)
	}
	stream := New(Options{}).Events.Stream(nil)
	if stream.Next(ctx) || !errors.Is(stream.Err(), ErrAuthentication) || !strings.Contains(stream.Err().Error(), "no API key") {
		t.Errorf("no key for a stream: %v", stream.Err())
	}
}

func TestWalkedObjectsStay(t *testing.T) {
	client := answering(t, "", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			io.WriteString(rw, `{"data":[{"payment_id":"a"},{"payment_id":"b"}],"has_more":true,"next_cursor":"2"}`)
			return
		}
		io.WriteString(rw, `{"data":[{"payment_id":"c"}],"has_more":false,"next_cursor":null}`)
	})
	var walked []*Payment
	it := client.Payments.ListAll(nil)
	for it.Next(testContext(t)) {
		walked = append(walked, it.Payment())
	}
	text := ""
	for _, one := range walked {
		text += one.PaymentID
	}
	if text != "abc" || it.Err() != nil || it.Next(testContext(t)) {
		t.Errorf("walked %s, %v", text, it.Err())
	}
}

func TestContextEndsTheWaiting(t *testing.T) {
	client := answering(t, "", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "50")
		rw.WriteHeader(503)
	})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := client.Payments.List(ctx, nil)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrTimeout) || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		amount     Amount
		hundredths int64
		ok         bool
	}{
		{"500", 50000, true}, {"12.5", 1250, true}, {"0.01", 1, true}, {"-0.05", -5, true}, {"9999999999999.99", 999999999999999, true},
		{"", 0, false}, {".5", 0, false}, {"5.", 0, false}, {"1.234", 0, false}, {"1e3", 0, false}, {"+1", 0, false},
		{"--1", 0, false}, {"99999999999999999999", 0, false}, {"-", 0, false}, {"1.2.3", 0, false},
	} {
		got, err := c.amount.Hundredths()
		if (err == nil) != c.ok || got != c.hundredths {
			t.Errorf("%q is %d, %v", c.amount, got, err)
		}
		if c.ok && AmountOf(got) != c.amount {
			t.Errorf("%d is %q, expected %q", got, AmountOf(got), c.amount)
		}
	}
	var both struct{ Given, Null Amount }
	if err := json.Unmarshal([]byte(`{"given":0.10,"null":null}`), &both); err != nil || both.Given != "0.10" || both.Null != "" {
		t.Errorf("%v, %v", both, err)
	}
	if data, err := json.Marshal(both); err != nil || string(data) != `{"Given":0.10,"Null":null}` {
		t.Errorf("%s, %v", data, err)
	}
	if _, err := json.Marshal(Amount(`1,"x":2`)); err == nil {
		t.Error("what is no number was written as one")
	}
}

func TestHandler(t *testing.T) {
	webhooks := New(Options{APIKey: testKey, WebhookSecret: testSecret}).Webhooks
	body := `{"type":"payment.success","payment_id":"pay_1","amount":500,"added_later":1}`
	now := fmt.Sprint(time.Now().Unix())
	key, _ := decodeSecret(testSecret)
	mac := signed{id: "evt_1", timestamp: now}.mac(key, []byte(body))
	header := fmt.Sprintf("t=%s,id=evt_1,v1=%x", now, mac)
	fails := errors.New("no room")
	for _, c := range []struct {
		name, method, header, body string
		result                     error
		status                     int
		contains                   string
	}{
		{"ours", "POST", header, body, nil, 204, ""},
		{"ours, and f fails", "POST", header, body, fails, 500, "not dealt with"},
		{"read", "GET", header, body, nil, 405, ""},
		{"unsigned", "POST", "", body, nil, 400, "header_missing"},
		{"changed", "POST", header, body + " ", nil, 400, "signature_mismatch"},
		{"too large", "POST", header, strings.Repeat("x", webhookLimit+1), nil, 413, ""},
	} {
		request := httptest.NewRequest(c.method, "/webhook", strings.NewReader(c.body))
		request.Header.Set(signatureHeader, c.header)
		recorder, calls := httptest.NewRecorder(), 0
		webhooks.Handler(func(_ context.Context, event *Event) error {
			calls++
			if event.PaymentID != "pay_1" || event.Amount != "500" || event.Type != EventTypePaymentSuccess {
				t.Errorf("%s: the event is %+v", c.name, event)
			}
			return c.result
		}).ServeHTTP(recorder, request)
		answer := recorder.Body.String()
		if recorder.Code != c.status || !strings.Contains(answer, c.contains) || strings.Contains(answer, "no room") {
			t.Errorf("%s: %d %s", c.name, recorder.Code, answer)
		}
		if isOurs := strings.HasPrefix(c.name, "ours"); (calls == 1) != isOurs {
			t.Errorf("%s: f was called %d times", c.name, calls)
		}
	}
}
