package zenwallet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	zenwallet "github.com/zenwallet/zenwallet/sdk/go"
)

// gateway stands in for a gateway that knows one payment; leave BaseURL out to reach yours.
func gateway(status int, answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(status)
		fmt.Fprint(rw, answer)
	}))
}

const pending = `{"payment_id":"pay_0352lAHoK3JsveO25cLwUh","status":"PENDING","amount":500,"currency":"COINS",
	"payment_url":"https://pay.example.com/pay/pay_0352lAHoK3JsveO25cLwUh"}`

func ExamplePayments_Create() {
	server := gateway(201, pending)
	defer server.Close()
	client := zenwallet.New(zenwallet.Options{APIKey: "sk_test_0000", BaseURL: server.URL})

	payment, err := client.Payments.Create(context.Background(), &zenwallet.CreatePayment{
		Amount:      "500",
		Currency:    "COINS",
		ReferenceID: "ORDER_123",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.Amount, payment.Currency)
	fmt.Println(payment.PaymentURL)
	// Output:
	// PENDING 500 COINS
	// https://pay.example.com/pay/pay_0352lAHoK3JsveO25cLwUh
}

func ExamplePayments_ListAll() {
	server := gateway(200, `{"object":"list","data":[`+pending+`],"has_more":false}`)
	defer server.Close()
	client := zenwallet.New(zenwallet.Options{APIKey: "sk_test_0000", BaseURL: server.URL})

	ctx := context.Background()
	it := client.Payments.ListAll(&zenwallet.ListPayments{ReferenceID: "ORDER_123"})
	for it.Next(ctx) {
		fmt.Println(it.Payment().PaymentID, it.Payment().Status)
	}
	fmt.Println(it.Err())
	// Output:
	// pay_0352lAHoK3JsveO25cLwUh PENDING
	// <nil>
}

func ExampleError() {
	server := gateway(409, `{"error":{"type":"conflict_error","code":"payment_already_final","message":"The payment is final.",
		"payment":{"payment_id":"pay_0352lAHoK3JsveO25cLwUh","status":"FAILED","amount":500},"request_id":"req_1"}}`)
	defer server.Close()
	client := zenwallet.New(zenwallet.Options{APIKey: "sk_test_0000", BaseURL: server.URL})

	request := &zenwallet.CompletePayment{Status: zenwallet.CompletionStatusSuccess}
	_, err := client.Payments.Complete(context.Background(), "pay_0352lAHoK3JsveO25cLwUh", request)
	var failure *zenwallet.Error
	if errors.Is(err, zenwallet.ErrConflict) && errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.Payment.Status)
	}
	fmt.Println(err)
	// Output:
	// payment_already_final FAILED
	// zenwallet: ConflictError: The payment is final. (409 payment_already_final) [req_1]
}

func ExampleAmount() {
	price := zenwallet.Amount("12.50")
	hundredths, err := price.Hundredths()
	fmt.Println(hundredths, err)
	fmt.Println(zenwallet.AmountOf(3 * hundredths))
	// Output:
	// 1250 <nil>
	// 37.5
}

func ExampleWebhooks_Verify() {
	client := zenwallet.New(zenwallet.Options{WebhookSecret: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="})
	fmt.Println(client.Webhooks.Verify([]byte(`{"type":"payment.success"}`), "t=1769423700,id=evt_1,v1=00"))
	// Output: false
}

func ExampleWebhooks_Handler() {
	client := zenwallet.New(zenwallet.Options{}) // ZENWALLET_WEBHOOK_SECRET
	http.Handle("/webhook", client.Webhooks.Handler(func(ctx context.Context, event *zenwallet.Event) error {
		fmt.Println(event.Type, event.PaymentID)
		return nil // an error is answered with 500, and the webhook comes again
	}))
}

func ExampleEvents_Stream() {
	client := zenwallet.New(zenwallet.Options{}) // ZENWALLET_API_KEY, ZENWALLET_URL
	stream := client.Events.Stream(&zenwallet.StreamEvents{AfterSeq: zenwallet.Seq(42)})
	defer stream.Close()
	for stream.Next(context.Background()) {
		fmt.Println(stream.Event().Seq, stream.Event().Type)
	}
	fmt.Println(stream.Err())
}
