package zenwallet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is the class of an error. Each is an error of its own, to be asked for:
//
//	errors.Is(err, zenwallet.ErrRateLimit)
type Kind string

// Every kind of error.
const (
	// ErrInvalidRequest is 400, 404, 405, 413, 415 and any other 4xx or 3xx; without a status, a
	// request that was not sent because it cannot be right.
	ErrInvalidRequest Kind = "InvalidRequestError"
	// ErrAuthentication is 401, or no usable API key.
	ErrAuthentication Kind = "AuthenticationError"
	// ErrPermissionDenied is 403.
	ErrPermissionDenied Kind = "PermissionDeniedError"
	// ErrConflict is 409; the error carries the payment as it is.
	ErrConflict Kind = "ConflictError"
	// ErrIdempotency is 422: the key was used for another request.
	ErrIdempotency Kind = "IdempotencyError"
	// ErrRateLimit is 429; RetryAfter says how long to wait.
	ErrRateLimit Kind = "RateLimitError"
	// ErrServer is 5xx.
	ErrServer Kind = "ServerError"
	// ErrConnection is that there was no answer.
	ErrConnection Kind = "ConnectionError"
	// ErrTimeout is that there was no whole answer in time; it is an ErrConnection too.
	ErrTimeout Kind = "TimeoutError"
	// ErrInvalidResponse is a success that is not the JSON it should be, or is too large.
	ErrInvalidResponse Kind = "InvalidResponseError"
	// ErrSignatureVerification is a webhook that is not ours; Reason says why.
	ErrSignatureVerification Kind = "SignatureVerificationError"
)

// Error is the kind's name.
func (k Kind) Error() string { return "zenwallet: " + string(k) }

// Error is what every function of this package fails with. What does not apply is zero.
type Error struct {
	Kind    Kind
	Status  int    // of the HTTP answer
	Type    string // the gateway's class of the error, such as "invalid_request_error"
	Code    string // stable, for machines; empty where something before the gateway answered
	Message string // what is wrong, in a sentence; at most 1000 characters
	Param   string // the first parameter at fault
	Errors  []ErrorDetail
	DocURL  string // where the code is explained
	// RequestID is what to ask the gateway's operator about.
	RequestID string
	// Payment is the payment as it is, of an ErrConflict.
	Payment *Payment
	// RetryAfter is the wait that an ErrRateLimit asks for; zero when it asks for none.
	RetryAfter time.Duration
	// Reason is why an ErrSignatureVerification is one.
	Reason Reason

	cause error
}

// Error is the kind, the message and what identifies the request; never a secret.
func (e *Error) Error() string {
	text := fmt.Sprintf("zenwallet: %s: %s", string(e.Kind), e.Message)
	if e.Status != 0 {
		text += strings.TrimRight(fmt.Sprintf(" (%d %s", e.Status, e.Code), " ") + ")"
	}
	if e.RequestID != "" {
		text += " [" + e.RequestID + "]"
	}
	return text
}

// Is tells whether target is this error's kind.
func (e *Error) Is(target error) bool {
	return target == e.Kind || target == ErrConnection && e.Kind == ErrTimeout
}

// Unwrap is what the error comes from, such as context.Canceled.
func (e *Error) Unwrap() error { return e.cause }

const messageLimit = 1000 // characters of a message

func shorten(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

func kindOf(status int) Kind {
	switch {
	case status == http.StatusUnauthorized:
		return ErrAuthentication
	case status == http.StatusForbidden:
		return ErrPermissionDenied
	case status == http.StatusConflict:
		return ErrConflict
	case status == http.StatusUnprocessableEntity:
		return ErrIdempotency
	case status == http.StatusTooManyRequests:
		return ErrRateLimit
	case status >= 500:
		return ErrServer
	}
	return ErrInvalidRequest
}

// kindOfType is for errors without a status: the last words of a stream.
func kindOfType(name string) Kind {
	kinds := map[string]Kind{
		"authentication_error": ErrAuthentication, "permission_error": ErrPermissionDenied,
		"conflict_error": ErrConflict, "idempotency_error": ErrIdempotency,
		"rate_limit_error": ErrRateLimit, "api_error": ErrServer,
	}
	if kind, ok := kinds[name]; ok {
		return kind
	}
	return ErrInvalidRequest
}

// statusError is the error that an answer other than a success means.
func statusError(status int, header http.Header, body []byte, now time.Time) *Error {
	e := &Error{Kind: kindOf(status), Status: status}
	if !e.read(body) {
		e.Message = strings.TrimSpace(fmt.Sprintf("status %d %s", status, shorten(string(body), 200)))
	}
	if e.RequestID == "" {
		e.RequestID = shorten(header.Get("Request-Id"), 100)
	}
	if wait, ok := parseRetryAfter(header.Get("Retry-After"), now); ok && e.Kind == ErrRateLimit {
		e.RetryAfter = wait
	}
	return e
}

// read takes what a body of ours says; members of the wrong kind count as absent.
func (e *Error) read(body []byte) bool {
	var outer struct{ Error map[string]json.RawMessage }
	if json.Unmarshal(body, &outer) != nil {
		return false
	}
	of := func(name string) (value string) {
		if json.Unmarshal(outer.Error[name], &value) != nil {
			return ""
		}
		return value
	}
	isText := func(name string) bool { return strings.HasPrefix(string(outer.Error[name]), `"`) }
	if !isText("code") || !isText("message") {
		return false
	}
	e.Type, e.Code, e.Message = of("type"), of("code"), shorten(of("message"), messageLimit)
	e.Param, e.DocURL, e.RequestID = of("param"), of("doc_url"), of("request_id")
	if json.Unmarshal(outer.Error["errors"], &e.Errors) != nil {
		e.Errors = nil
	}
	var payment Payment
	if json.Unmarshal(outer.Error["payment"], &payment) == nil && payment.PaymentID != "" {
		e.Payment = &payment
	}
	return true
}

// noAnswer is the error of an attempt that ended without one.
func noAnswer(err error) *Error {
	e := &Error{Kind: ErrConnection, Message: shorten(err.Error(), messageLimit), cause: err}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		e.Kind = ErrTimeout
	}
	return e
}

func invalidRequest(message string) *Error {
	return &Error{Kind: ErrInvalidRequest, Message: message}
}

func invalidResponse(message string, cause error) *Error {
	return &Error{Kind: ErrInvalidResponse, Message: shorten(message, messageLimit), cause: cause}
}
