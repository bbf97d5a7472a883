//go:build live

// The live suite speaks with a real gateway, named by ZENWALLET_URL, ZENWALLET_API_KEY (of a test app) and
// ZENWALLET_WEBHOOK_SECRET, which may call loopback:
//
//	go test -count=1 -tags live -run Live ./...

package zenwallet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"
)

func liveClient(t *testing.T) *Client {
	t.Helper()
	for _, name := range []string{"ZENWALLET_URL", "ZENWALLET_API_KEY", "ZENWALLET_WEBHOOK_SECRET"} {
		if os.Getenv(name) == "" {
			t.Fatalf("%s is not set: the live suite needs a gateway", name)
		}
	}
	return New(Options{})
}

func create(t *testing.T, client *Client, request CreatePayment) *Payment {
	t.Helper()
	request.Amount, request.Currency = or(request.Amount, "500"), or(request.Currency, "COINS")
	payment, err := client.Payments.Create(testContext(t), &request)
	if err != nil {
		t.Fatal(err)
	}
	return payment
}

// reference is one that no other run uses.
func reference(what string) string { return what + "_" + randomUUID() }

func TestLivePayment(t *testing.T) {
	client, ctx, ref := liveClient(t), testContext(t), reference("life")
	created := create(t, client, CreatePayment{
		Amount: "12.5", ReferenceID: ref, Description: "A ticket", ExpiresIn: 600,
		Metadata: map[string]any{"order": "123", "seat": 7.0, "paid": false},
	})
	if created.Status != PaymentStatusPending || created.Amount != "12.5" || created.QRCode == "" || created.PaymentURL == "" {
		t.Errorf("created %+v", created)
	}
	read, err := client.Payments.Get(ctx, created.PaymentID)
	if err != nil || read.QRCode != "" || !reflect.DeepEqual(read.Metadata, created.Metadata) || read.ReferenceID != ref {
		t.Errorf("read %+v, %v", read, err)
	}
	withCode, err := client.Payments.Get(ctx, created.PaymentID, WithQRCode())
	if err != nil || withCode.QRCode != created.QRCode {
		t.Errorf("the QR code is not that of the first answer: %v", err)
	}
	request := &CompletePayment{Status: CompletionStatusSuccess, Notes: "at the counter"}
	for i := 0; i < 2; i++ { // the second is a safe repeat
		done, err := client.Payments.Complete(ctx, created.PaymentID, request)
		if err != nil || done.Status != PaymentStatusSuccess || done.TransactionID == "" || done.CompletedAt == nil {
			t.Fatalf("completed %+v, %v", done, err)
		}
	}
	_, err = client.Payments.Cancel(ctx, created.PaymentID)
	var conflict *Error
	if !errors.As(err, &conflict) || !errors.Is(err, ErrConflict) || conflict.Code != "payment_already_final" {
		t.Fatalf("the conflict is %v", err)
	}
	if conflict.Payment == nil || conflict.Payment.Status != PaymentStatusSuccess || conflict.RequestID == "" {
		t.Errorf("the conflict carries %+v", conflict.Payment)
	}
	canceled, err := client.Payments.Cancel(ctx, create(t, client, CreatePayment{}).PaymentID)
	if err != nil || canceled.Status != PaymentStatusFailed || canceled.FailureCode != "canceled" {
		t.Errorf("canceled %+v, %v", canceled, err)
	}
}

func TestLiveIdempotency(t *testing.T) {
	client, ctx, key := liveClient(t), testContext(t), randomUUID()
	request := &CreatePayment{Amount: "500", Currency: "COINS", ReferenceID: "ORDER_123"}
	first, err := client.Payments.Create(ctx, request, WithIdempotencyKey(key))
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.Payments.Create(ctx, request, WithIdempotencyKey(key))
	if err != nil || again.PaymentID != first.PaymentID {
		t.Errorf("repeated %+v, %v", again, err)
	}
	request.Amount = "501"
	_, err = client.Payments.Create(ctx, request, WithIdempotencyKey(key))
	if !errors.Is(err, ErrIdempotency) {
		t.Errorf("reused: %v", err)
	}
}

func TestLiveErrors(t *testing.T) {
	client, ctx := liveClient(t), testContext(t)
	_, err := client.Payments.Create(ctx, &CreatePayment{Amount: "1.234", Currency: "coins", ExpiresIn: 1})
	var told *Error
	if !errors.As(err, &told) || !errors.Is(err, ErrInvalidRequest) {
		t.Fatal(err)
	}
	params := map[string]bool{}
	for _, one := range told.Errors {
		params[one.Param] = true
	}
	if !params["amount"] || !params["currency"] || !params["expires_in"] || told.DocURL == "" || told.Status != 400 {
		t.Errorf("told %+v", told)
	}
	for _, id := range []string{"pay_0000000000000000000001", "pay/../x?y#z", "é"} {
		if _, err := client.Payments.Get(ctx, id); !errors.As(err, &told) || told.Status != 404 {
			t.Errorf("%q: %v", id, err)
		}
	}
	_, err = New(Options{APIKey: testKey}).Payments.List(ctx, nil)
	if !errors.Is(err, ErrAuthentication) {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestLiveLists(t *testing.T) {
	client, ctx, ref := liveClient(t), testContext(t), reference("list")
	const count = 7
	var made []string
	for i := 0; i < count; i++ {
		made = append([]string{create(t, client, CreatePayment{ReferenceID: ref}).PaymentID}, made...) // newest first
	}
	page, err := client.Payments.List(ctx, &ListPayments{
		ReferenceID: ref, Limit: 3, Include: "total_count",
		Status: []PaymentStatus{PaymentStatusPending, PaymentStatusFailed}, CreatedAfter: time.Now().Add(-time.Hour),
	})
	if err != nil || len(page.Data) != 3 || !page.HasMore || page.TotalCount == nil || *page.TotalCount != count {
		t.Errorf("the page is %+v, %v", page, err)
	}
	var walked []string
	it := client.Payments.ListAll(&ListPayments{ReferenceID: ref, Limit: 3})
	for it.Next(ctx) {
		walked = append(walked, it.Payment().PaymentID)
	}
	if it.Err() != nil || !reflect.DeepEqual(walked, made) {
		t.Errorf("walked %v of %v, %v", walked, made, it.Err())
	}
}

func TestLiveEvents(t *testing.T) {
	client, ctx := liveClient(t), testContext(t)
	payment := create(t, client, CreatePayment{})
	if _, err := client.Payments.Cancel(ctx, payment.PaymentID); err != nil {
		t.Fatal(err)
	}
	var seqs []int64
	var mine []Event
	it := client.Events.ListAll(&ListEvents{Limit: 2})
	for it.Next(ctx) {
		seqs = append(seqs, it.Event().Seq)
		if it.Event().PaymentID == payment.PaymentID {
			mine = append(mine, *it.Event())
		}
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	for i, seq := range seqs {
		if seq != seqs[0]+int64(i) {
			t.Fatalf("the log has a gap: %v", seqs)
		}
	}
	if len(mine) != 2 || mine[0].Type != EventTypePaymentCreated || mine[1].Type != EventTypePaymentFailed {
		t.Fatalf("the payment's events are %+v", mine)
	}
	page, err := client.Events.List(ctx, &ListEvents{AfterSeq: mine[0].Seq, Limit: 1, Type: EventTypePaymentFailed})
	if err != nil || len(page.Data) != 1 || page.Data[0].EventID != mine[1].EventID {
		t.Errorf("the page is %+v, %v", page, err)
	}
	read, err := client.Events.Get(ctx, mine[1].EventID)
	if err != nil || !reflect.DeepEqual(*read, mine[1]) {
		t.Errorf("read %+v, %v", read, err)
	}
}

// cutter is a TCP proxy that ends every connection after so many bytes of answers.
type cutter struct {
	listener net.Listener
	target   string
	limit    int64
	mu       sync.Mutex
	cuts     int
}

func startCutter(t *testing.T, limit int64) (*cutter, string) {
	t.Helper()
	target, err := url.Parse(os.Getenv("ZENWALLET_URL"))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: listener, target: target.Host, limit: limit}
	t.Cleanup(func() { listener.Close() })
	go c.run()
	return c, "http://" + listener.Addr().String() + target.Path
}

func (c *cutter) run() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		go c.pass(near)
	}
}

func (c *cutter) pass(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer far.Close()
	go io.Copy(far, near)
	if n, _ := io.CopyN(near, far, c.limit); n == c.limit {
		c.mu.Lock()
		c.cuts++
		c.mu.Unlock()
	}
}

func TestLiveStreamThatIsCut(t *testing.T) {
	client, ctx := liveClient(t), testContext(t)
	proxy, base := startCutter(t, 2500) // a few events' worth
	before := int64(0)
	for it := client.Events.ListAll(&ListEvents{Limit: 100}); it.Next(ctx); {
		before = it.Event().Seq
	}
	const count = 20
	var made []string
	for i := 0; i < count; i++ {
		made = append(made, create(t, client, CreatePayment{}).PaymentID)
	}
	through := New(Options{BaseURL: base, Backoff: 10 * time.Millisecond})
	stream := through.Events.Stream(&StreamEvents{AfterSeq: Seq(before), Type: EventTypePaymentCreated})
	defer stream.Close()
	for i := 0; i < count+5; i++ {
		if i >= count { // these happen while it listens
			made = append(made, create(t, client, CreatePayment{}).PaymentID)
		}
		if !stream.Next(ctx) {
			t.Fatalf("the stream ended behind %d events: %v", i, stream.Err())
		}
		if got := stream.Event(); got.PaymentID != made[i] || got.Seq != stream.LastSeq() {
			t.Fatalf("event %d is of %s, expected %s", i, got.PaymentID, made[i])
		}
	}
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if proxy.cuts < 3 {
		t.Errorf("the stream was cut %d times only", proxy.cuts)
	}
	t.Logf("%d events over %d cuts", count+5, proxy.cuts)
}

func TestLiveStreamEnds(t *testing.T) {
	client := liveClient(t)
	stream := client.Events.Stream(nil)
	defer stream.Close()
	for patience := testContext(t); stream.place == "" && patience.Err() == nil; { // until it is told where it begins
		ctx, cancel := context.WithTimeout(patience, 300*time.Millisecond)
		if stream.Next(ctx) || !errors.Is(stream.Err(), context.DeadlineExceeded) {
			t.Fatalf("a stream from now on began with %+v, %v", stream.Event(), stream.Err())
		}
		cancel()
	}
	payment := create(t, client, CreatePayment{}) // while nobody listens: it goes on where it was
	if !stream.Next(testContext(t)) || stream.Event().PaymentID != payment.PaymentID {
		t.Errorf("it went on with %+v, %v", stream.Event(), stream.Err())
	}
	wrong := New(Options{APIKey: testKey}).Events.Stream(nil)
	if wrong.Next(testContext(t)) || !errors.Is(wrong.Err(), ErrAuthentication) {
		t.Errorf("a wrong key: %v", wrong.Err())
	}
}

func TestLiveWebhook(t *testing.T) {
	client, ctx := liveClient(t), testContext(t)
	events := make(chan *Event, 10)
	failures := 1
	handler := client.Webhooks.Handler(func(_ context.Context, event *Event) error {
		events <- event
		if failures > 0 {
			failures--
			return fmt.Errorf("not this time")
		}
		return nil
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	payment := create(t, client, CreatePayment{WebhookURL: server.URL + "/webhook"})
	if _, err := client.Payments.Complete(ctx, payment.PaymentID, &CompletePayment{Status: CompletionStatusSuccess}); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := 0; i < 2; i++ { // the first is answered with 500, and so it comes again
		select {
		case event := <-events:
			if event.Type != EventTypePaymentSuccess || event.PaymentID != payment.PaymentID || event.Amount != "500" {
				t.Errorf("the event is %+v", event)
			}
			ids = append(ids, event.EventID)
		case <-ctx.Done():
			t.Fatal("no webhook came")
		}
	}
	if ids[0] != ids[1] {
		t.Errorf("the repeat is of another event: %v", ids)
	}
	response, err := http.Post(server.URL, "application/json", nil)
	if err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("nobody's webhook: %v, %v", response, err)
	}
}
