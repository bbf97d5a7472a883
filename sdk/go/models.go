// Code generated from openapi.json by python3 sdk/generate. DO NOT EDIT.

package zenwallet

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// CompletionStatus is the two ends that a caller can give a payment. A newer gateway may know more.
type CompletionStatus string

// What is known of CompletionStatus.
const (
	CompletionStatusSuccess CompletionStatus = "SUCCESS"
	CompletionStatusFailed  CompletionStatus = "FAILED"
)

// EventType is what happened. A newer gateway may know more.
type EventType string

// What is known of EventType.
const (
	EventTypePaymentCreated  EventType = "payment.created"
	EventTypePaymentSuccess  EventType = "payment.success"
	EventTypePaymentFailed   EventType = "payment.failed"
	EventTypePaymentExpired  EventType = "payment.expired"
	EventTypeWebhookTest     EventType = "webhook.test"
	EventTypeWebhookDisabled EventType = "webhook.disabled"
)

// PaymentStatus is where a payment stands. A newer gateway may know more.
type PaymentStatus string

// What is known of PaymentStatus.
const (
	PaymentStatusPending PaymentStatus = "PENDING"
	PaymentStatusSuccess PaymentStatus = "SUCCESS"
	PaymentStatusFailed  PaymentStatus = "FAILED"
	PaymentStatusExpired PaymentStatus = "EXPIRED"
)

// CompletePayment is how a payment is to end.
type CompletePayment struct {
	// `SUCCESS` or `FAILED`.
	Status CompletionStatus `json:"status"`
	// Words to keep with it. At most 1000 characters.
	Notes string `json:"notes,omitempty"`
	// Why it failed, for machines; only with `FAILED`. 1 to 64 characters of `a-z0-9_`.
	FailureCode string `json:"failure_code,omitempty"`
}

// CreatePayment is a request for payment.
type CreatePayment struct {
	// More than 0, at most 2 decimals, at most 9999999999999.99: a JSON number, or a decimal string
	// such as "12.50".
	Amount Amount `json:"amount"`
	// Any virtual currency: 2 to 10 capital letters and digits, a letter first.
	Currency string `json:"currency"`
	// Your own name for it; lists can be filtered by it. At most 255 characters.
	ReferenceID string `json:"reference_id,omitempty"`
	// What the payer reads. At most 1000 characters.
	Description string `json:"description,omitempty"`
	// Where this payment's webhooks go, instead of the app's endpoints. At most 2048 characters.
	// `http` or `https`.
	WebhookURL string `json:"webhook_url,omitempty"`
	// Your own data: a flat object of strings, numbers and booleans, at most 50 keys and 16 KB.
	Metadata map[string]any `json:"metadata,omitempty"`
	// Seconds until it can no longer be paid, from 30 to 2592000; 1800 when absent.
	ExpiresIn int64 `json:"expires_in,omitempty"`
	// Where the payer goes afterwards; comes back with `payment_id`, `status` and an HMAC. At most
	// 2048 characters. `http` or `https`.
	ReturnURL string `json:"return_url,omitempty"`
}

// ErrorDetail is one parameter at fault.
type ErrorDetail struct {
	// The parameter.
	Param string `json:"param"`
	// The stable code.
	Code string `json:"code"`
	// What is wrong, in a sentence.
	Message string `json:"message"`
}

// Event is an event: what changed, as the feed, the stream and the sockets tell it. A webhook's
// body is the same without `seq` and with a `signature`.
type Event struct {
	// Its place in the app's log: 1, 2, 3 … without gaps. Absent in a webhook's body.
	Seq int64 `json:"seq,omitempty"`
	// Its id, the same in every delivery.
	EventID string `json:"event_id"`
	// What happened.
	Type EventType `json:"type"`
	// The same as `type`.
	Event EventType `json:"event"`
	// When.
	Timestamp time.Time `json:"timestamp"`
	// To which payment.
	PaymentID string `json:"payment_id"`
	// Where the payment stands since; null where the event is not about one.
	Status PaymentStatus `json:"status,omitempty"`
	// The exact amount.
	Amount Amount `json:"amount,omitempty"`
	// The currency.
	Currency string `json:"currency,omitempty"`
	// Your own name for the payment.
	ReferenceID string `json:"reference_id,omitempty"`
	// The transaction of a success.
	TransactionID string `json:"transaction_id,omitempty"`
	// When the payment was paid, declined or canceled.
	CompletedAt *time.Time `json:"completed_at,omitempty"`
	// Your own data.
	Metadata map[string]any `json:"metadata"`
	// Only in a webhook's body: a proof of the content alone, not of when it was sent. Verify the
	// header instead.
	Signature string `json:"signature,omitempty"`
}

// EventList is a page of an app's log, oldest first.
type EventList struct {
	// Always `list`.
	Object string `json:"object"`
	// The events, in the order of the log.
	Data []Event `json:"data"`
	// Whether the log goes on.
	HasMore bool `json:"has_more"`
	// What `after_seq` must be for the next page, also when there is nothing yet.
	NextAfterSeq int64 `json:"next_after_seq"`
}

// ListEvents is which events to list.
type ListEvents struct {
	// Behind this event; from the first that is kept when absent.
	AfterSeq int64
	// Of this type.
	Type EventType
	// Events a page, 50 when absent. From 1 to 100.
	Limit int
}

// values are the parameters that are set; of nil, none.
func (p *ListEvents) values() url.Values {
	values := url.Values{}
	if p == nil {
		return values
	}
	if p.AfterSeq != 0 {
		values.Set("after_seq", strconv.FormatInt(p.AfterSeq, 10))
	}
	if p.Type != "" {
		values.Set("type", string(p.Type))
	}
	if p.Limit != 0 {
		values.Set("limit", strconv.Itoa(p.Limit))
	}
	return values
}

// ListPayments is which payments to list.
type ListPayments struct {
	// The effective status, or several of them.
	Status []PaymentStatus
	// Exactly this reference.
	ReferenceID string
	// A payment id, a transaction id, or the start of a reference.
	Q string
	// Created at or after this moment, RFC 3339.
	CreatedAfter time.Time
	// Created before this moment, RFC 3339.
	CreatedBefore time.Time
	// Payments a page, 50 when absent. From 1 to 100.
	Limit int
	// `next_cursor` of the page before, with the same filters.
	Cursor string
	// `total_count` adds the count, exact up to 10000.
	Include string
}

// values are the parameters that are set; of nil, none.
func (p *ListPayments) values() url.Values {
	values := url.Values{}
	if p == nil {
		return values
	}
	if len(p.Status) > 0 {
		several := make([]string, len(p.Status))
		for i, one := range p.Status {
			several[i] = string(one)
		}
		values.Set("status", strings.Join(several, ","))
	}
	if p.ReferenceID != "" {
		values.Set("reference_id", p.ReferenceID)
	}
	if p.Q != "" {
		values.Set("q", p.Q)
	}
	if !p.CreatedAfter.IsZero() {
		values.Set("created_after", p.CreatedAfter.UTC().Format(time.RFC3339Nano))
	}
	if !p.CreatedBefore.IsZero() {
		values.Set("created_before", p.CreatedBefore.UTC().Format(time.RFC3339Nano))
	}
	if p.Limit != 0 {
		values.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.Cursor != "" {
		values.Set("cursor", p.Cursor)
	}
	if p.Include != "" {
		values.Set("include", p.Include)
	}
	return values
}

// Payment is a payment as the API shows it.
type Payment struct {
	// `pay_` and 22 characters.
	PaymentID string `json:"payment_id"`
	// Whose it is: told to users who read it, not to apps.
	AppID string `json:"app_id,omitempty"`
	// The effective status: a pending payment is `EXPIRED` from `expires_at` on.
	Status PaymentStatus `json:"status"`
	// The exact amount, at most 2 decimals.
	Amount Amount `json:"amount"`
	// The currency.
	Currency string `json:"currency"`
	// Your own name for it.
	ReferenceID string `json:"reference_id,omitempty"`
	// What the payer reads.
	Description string `json:"description,omitempty"`
	// Your own data.
	Metadata map[string]any `json:"metadata"`
	// The payer's page.
	PaymentURL string `json:"payment_url"`
	// A QR code of `payment_url` as a PNG data URL: on create, and on a single read with
	// `include=qr_code`.
	QRCode string `json:"qr_code,omitempty"`
	// From this moment on it can no longer be paid.
	ExpiresAt time.Time `json:"expires_at"`
	// When it was made.
	CreatedAt time.Time `json:"created_at"`
	// When it was paid, declined or canceled. Only on final payments, null on an expired one.
	CompletedAt *time.Time `json:"completed_at,omitempty"`
	// The transaction of a success. Only on final payments.
	TransactionID string `json:"transaction_id,omitempty"`
	// Why it failed; `canceled` when it was called off. Only on final payments.
	FailureCode string `json:"failure_code,omitempty"`
	// The completer's words. Only on final payments.
	Notes string `json:"notes,omitempty"`
}

// PaymentList is a page of payments, newest first.
type PaymentList struct {
	// Always `list`.
	Object string `json:"object"`
	// The payments.
	Data []Payment `json:"data"`
	// Whether there are more.
	HasMore bool `json:"has_more"`
	// What `cursor` must be for the next page; null on the last.
	NextCursor string `json:"next_cursor,omitempty"`
	// With `include=total_count`: how many there are, exact up to 10000.
	TotalCount *int `json:"total_count,omitempty"`
	// With `include=total_count`: whether there are more than `total_count` says.
	TotalCountCapped bool `json:"total_count_capped,omitempty"`
}
